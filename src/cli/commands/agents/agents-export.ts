import type { Command } from 'commander';
import { agentYaml } from '../../../registry/agent-yaml.ts';
import { resolveAgent } from '../../../registry/registry.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';

/** `rowmill agents export NAME[@VERSION]`: the agent as an agents.yaml, which loads to the same definition. */
export function addAgentsExportCommand(agents: Command, context: CommandContext): void {
  newCommand(agents, 'export', 'Print an agent as an agents.yaml')
    .argument('<name[@version]>', 'the agent; without @version, its newest version')
    .action((reference: string) =>
      context.run(async (output) => {
        const { registry } = await context.app();
        const yaml = agentYaml(await resolveAgent(registry, reference));
        output.document({ yaml });
        output.line(yaml.trimEnd());
        return EXIT.completed;
      }),
    );
}
