import type { Command } from 'commander';
import { type AgentDefinition, agentLabel } from '../../../agent/definition.ts';
import { duration } from '../../../base/figures.ts';
import type { JsonSchema } from '../../../protocol/messages.ts';
import { resolveAgent } from '../../../registry/registry.ts';
import { inputFields, requiredFields } from '../../../runner/rows/mapping.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { manyLines, oneLine } from '../../terminal/safe-text.ts';
import { layOutTable } from '../../terminal/terminal-table.ts';
import { modelLabel, toolLabel } from './agents-list.ts';

/** `rowmill agents show NAME[@VERSION]`: model, fields in and out, tools, instructions. */
export function addAgentsShowCommand(agents: Command, context: CommandContext): void {
  newCommand(agents, 'show', 'Show an agent: model, input, output, tools, instructions')
    .argument('<name[@version]>', 'the agent; without @version, its newest version')
    .action((reference: string) =>
      context.run(async (output) => {
        const { registry } = await context.app();
        const agent = await resolveAgent(registry, reference);
        output.document(agent);
        show(agent, output);
        const versions = (await registry.list()).flatMap(({ name, version }) => (name === agent.name ? [version] : []));
        if (versions.length > 1) {
          output.line();
          output.line(`${output.paint('bold', 'Versions')}  ${versions.map(oneLine).join(', ')}`);
        }
        return EXIT.completed;
      }),
    );
}

function show(agent: AgentDefinition, output: Output): void {
  const { paint } = output;
  const heading = (text: string) => {
    output.line();
    output.line(paint('bold', text));
  };
  output.line(`${paint('cyan', agentLabel(agent))}  ${paint('dim', modelLabel(agent))}`);
  if (agent.description !== '') output.line(oneLine(agent.description));
  heading('Input');
  showFields(agent.input, output);
  heading('Output');
  if (agent.structured_output.enabled) showFields(agent.structured_output.schema, output);
  else output.line('  text only: this agent can not run in a batch');
  if (agent.tools.length > 0) heading('Tools');
  for (const tool of agent.tools) output.line(`  ${oneLine(toolLabel(tool))}`);
  heading('Limits');
  output.line(
    `  ${agent.limits.max_turns} turns, ${duration(agent.limits.timeout_s)}, ${agent.model.max_tokens} tokens an answer`,
  );
  heading('Instructions');
  for (const line of manyLines(agent.instructions.trimEnd()).split('\n')) output.line(`  ${line}`);
  if (agent.prompt === undefined) return;
  heading('Prompt');
  for (const line of manyLines(agent.prompt.user.trimEnd()).split('\n')) output.line(`  ${line}`);
}

function showFields(schema: JsonSchema | undefined, output: Output): void {
  const fields = Object.entries(inputFields(schema));
  if (fields.length === 0) {
    output.line('  anything');
    return;
  }
  const required = new Set(requiredFields(schema));
  const rows = fields.map(([name, field]) => [
    oneLine(name),
    oneLine(typeText(field)),
    required.has(name) ? 'required' : '',
    oneLine(typeof field['description'] === 'string' ? field['description'] : ''),
  ]);
  const columns = [{ title: 'field' }, { title: 'type' }, { title: '' }, { title: 'description', minWidth: 12 }];
  const layout = { width: output.width, paint: output.paint, indent: 2 };
  for (const line of layOutTable(columns, rows, layout)) output.line(line);
}

function typeText(field: JsonSchema): string {
  if (Array.isArray(field['enum'])) return field['enum'].map(String).join(' | ');
  const type = field['type'];
  return Array.isArray(type) ? type.map(String).join(' | ') : typeof type === 'string' ? type : 'any';
}
