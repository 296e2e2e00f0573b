import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { parseAgentName } from '../../../tools/agent-name.ts';
import { askToGoOn, canAsk } from '../../agreement.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';

/** Deleting costs nothing, but can't be undone: an empty answer is no. */
const CAREFULLY = { expectedUsd: null, limitUsd: 0 };

/** `rowmill agents delete NAME[@VERSION]`: a saved agent, or one version of it. */
export function addAgentsDeleteCommand(agents: Command, context: CommandContext): void {
  newCommand(agents, 'delete', 'Delete a saved agent, or one version of it; its batches keep their definition')
    .argument('<name[@version]>', 'the agent; without @version, all its versions')
    .option('-y, --yes', 'delete without asking')
    .action((label: string, { yes }: { yes?: boolean }) =>
      context.run(async (output) => {
        const { name, version } = parseAgentName(label);
        const what = version === undefined ? `all versions of ${oneLine(name)}` : oneLine(label);
        if (yes !== true) {
          if (!canAsk(context, output))
            throw new AppError('confirmation_needed', `Deleting ${what} can't be undone; add --yes to do it.`);
          if (!(await askToGoOn(context, `Delete ${what} permanently?`, CAREFULLY))) {
            output.note('Not deleted.');
            return EXIT.cancelled;
          }
        }
        await (await context.app()).removeAgent(name, version);
        output.document({ name, version: version ?? null, deleted: true });
        output.line(`Deleted ${what}.`);
        return EXIT.completed;
      }),
    );
}
