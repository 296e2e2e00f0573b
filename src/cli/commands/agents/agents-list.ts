import type { Command } from 'commander';
import { type AgentDefinition, agentLabel } from '../../../agent/definition.ts';
import { isModelFile } from '../../../providers/catalog.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { layOutTable } from '../../terminal/terminal-table.ts';

/** `rowmill agents list`: every version of every agent. */
export function addAgentsListCommand(agents: Command, context: CommandContext): void {
  newCommand(agents, 'list', 'List the agents and their versions').action(() =>
    context.run((output) => listAgents({ context, output })),
  );
}

/** What "agents list" does, also where no command of "agents" is named. */
export async function listAgents({ context, output }: { context: CommandContext; output: Output }): Promise<number> {
  const { registry } = await context.app();
  const definitions = await registry.list();
  const places = new Map((await registry.entries()).map(({ definition, source }) => [agentLabel(definition), source]));
  const placeOf = (agent: AgentDefinition) => places.get(agentLabel(agent)) ?? '';
  output.document({
    sources: registry.sources,
    agents: definitions.map((agent) => ({
      name: agent.name,
      version: agent.version,
      description: agent.description,
      provider: agent.model.provider,
      model: agent.model.model,
      tools: agent.tools.map(toolLabel),
      runs_in_batches: agent.structured_output.enabled,
      source: placeOf(agent),
    })),
  });
  showAgents(definitions, output, (agent) => `[${registry.sources.indexOf(placeOf(agent)) + 1}]`);
  for (const [at, source] of registry.sources.entries()) {
    output.line(output.paint('dim', `[${at + 1}] ${oneLine(source)}`));
  }
  return EXIT.completed;
}

/** Agents as a table. @param placeOf what the column "from" says; without it there is no such column */
export function showAgents(
  definitions: AgentDefinition[],
  output: Output,
  placeOf?: (agent: AgentDefinition) => string,
): void {
  const { paint } = output;
  const rows = definitions.map((agent) => [
    agent.name,
    agent.version,
    agent.structured_output.enabled ? 'yes' : 'no',
    modelLabel(agent),
    ...(placeOf === undefined ? [] : [placeOf(agent)]),
    oneLine(agent.description),
  ]);
  const columns = [
    { title: 'agent', minWidth: 33, paint: (text: string) => paint('cyan', text) },
    { title: 'version', minWidth: 7 },
    { title: 'batches', minWidth: 7 },
    { title: 'model', minWidth: 12 },
    ...(placeOf === undefined ? [] : [{ title: 'from', minWidth: 4 }]),
    { title: 'description', minWidth: 20 },
  ];
  for (const line of layOutTable(columns, rows, { width: output.width, paint })) output.line(line);
}

/** `claude-haiku-5-5`; for a model that is a file, the provider and the file's name. */
export function modelLabel({ model }: AgentDefinition): string {
  return oneLine(isModelFile(model) ? `${model.provider}: ${model.model.split('/').at(-1)}` : model.model);
}

/** A tool entry in short: `http lookup_broadband`, `mcp npx`, `module ./tool.mjs`. */
export function toolLabel(tool: AgentDefinition['tools'][number]): string {
  if ('http' in tool) return `http ${tool.http.name}`;
  if ('module' in tool) return `module ${tool.module}`;
  const names = tool.mcp.tools === undefined ? '' : ` (${tool.mcp.tools.join(', ')})`;
  return `mcp ${tool.mcp.url ?? [tool.mcp.command, ...tool.mcp.args].join(' ')}${names}`;
}
