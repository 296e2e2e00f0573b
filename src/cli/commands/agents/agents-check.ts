import type { Command } from 'commander';
import * as z from 'zod';
import type { StartedTool } from '../../../agent/tools/open-tools.ts';
import { counted, duration } from '../../../base/figures.ts';
import { parseJson } from '../../../base/json/exact-number.ts';
import type { JsonObject } from '../../../protocol/messages.ts';
import { resolveAgent } from '../../../registry/registry.ts';
import type { App } from '../../app.ts';
import { collect, locationArgument, mappingArgument } from '../../arguments/mapping-arguments.ts';
import { inFlags } from '../../arguments/option-words.ts';
import { callTool } from '../../call-tool.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { listenForStop } from '../../signals.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { toolLabel } from './agents-list.ts';

/** How long each tool may take to start. */
const LIMIT_MS = 20_000;

/** The part of the tool's output that this command shows. */
const verdict = z.object({
  summary: z.string(),
  next_step: z.string(),
  compatible: z.boolean(),
  agent: z.object({ name: z.string() }).nullable(),
  problems: z.array(z.object({ code: z.string(), message: z.string() })),
  warnings: z.array(z.string()),
  unmapped_fields: z.array(z.object({ name: z.string(), required: z.boolean() })),
  output_columns: z.array(z.string()).nullable(),
});

/** `rowmill agents check NAME [--table URI]`: whether it can run in a batch. Exits 2 when it can't. */
export function addAgentsCheckCommand(agents: Command, context: CommandContext): void {
  newCommand(agents, 'check', 'Check that an agent can run in a batch, that its tools start, and that it fits a table')
    .argument('<name[@version]>', 'the agent; without @version, its newest version')
    .option('-t, --table <location>', 'the table that the agent should fit')
    .option('-m, --map <field=how>', 'fill an input field, as in "rowmill run"; repeat for more', collect)
    .action((name: string, given: { table?: string; map?: string[] }) =>
      context.run(async (output) => {
        const app = await context.app();
        const stop = listenForStop(context.signals, {
          onFirst: () => output.note('Stopping.'),
          onSecond: () => undefined,
        });
        try {
          const source =
            given.table === undefined
              ? undefined
              : await app.transfer.send(locationArgument(given.table, context.io.cwd));
          const input = {
            agent_name: name,
            ...(source !== undefined && { csv_uri: source.uri }),
            ...(given.map !== undefined && {
              input_mapping: parseJson(JSON.stringify(mappingArgument(given.map))) as JsonObject,
            }),
          };
          const found = await callTool(app, { name: 'validate_agent_compatibility', input }, stop.signal).finally(() =>
            source?.remove(),
          );
          const parsed = verdict.parse(found);
          const tools = parsed.agent === null ? [] : await startTools(name, { app, output, signal: stop.signal });
          const works = parsed.compatible && tools.every(({ error }) => error === null);
          output.document({ ...found, compatible: works, tools: tools.map(toolReport) });
          show(parsed, output);
          for (const line of toolLines(tools, parsed.problems, output)) output.line(line);
          return works ? EXIT.completed : EXIT.invalid;
        } finally {
          stop.close();
        }
      }),
    );
}

async function startTools(
  name: string,
  { app, output, signal }: { app: App; output: Output; signal: AbortSignal },
): Promise<StartedTool[]> {
  const agent = await resolveAgent(app.registry, name);
  if (agent.tools.length === 0) return [];
  output.note(`Starting ${counted(agent.tools.length, 'tool')}, for at most ${duration(LIMIT_MS / 1000)} …`);
  return app.startTools(agent, { limitMs: LIMIT_MS, signal });
}

function toolReport({ tool, names, error }: StartedTool) {
  const fault = error === null ? null : { code: error.code, message: error.message };
  return { tool: toolLabel(tool), works: error === null, names, error: fault };
}

/** A line for each tool; a fault that is already among the problems is not repeated. */
function toolLines(tools: StartedTool[], problems: { message: string }[], { paint }: Output): string[] {
  return tools.map(({ tool, names, error }) => {
    const label = oneLine(toolLabel(tool));
    if (error === null) {
      const offers = 'mcp' in tool ? `: it offers ${names.map(oneLine).join(', ') || 'no tools'}` : '';
      return `  ${paint('green', '✓')} ${label}${offers}`;
    }
    const isKnown = problems.some(({ message }) => message.includes(error.message));
    return `  ${paint('red', '✗')} ${label}${isKnown ? '' : `: ${oneLine(error.message)} ${paint('dim', `(${error.code})`)}`}`;
  });
}

function show(found: z.infer<typeof verdict>, output: Output): void {
  const { paint } = output;
  output.line(
    found.compatible ? `${paint('green', '✓')} ${oneLine(found.summary)}` : `${paint('red', '✗')} Does not fit:`,
  );
  for (const problem of found.problems) {
    output.line(`  ${paint('red', '✗')} ${oneLine(inFlags(problem.message))} ${paint('dim', `(${problem.code})`)}`);
  }
  for (const warning of found.warnings) output.line(`  ${paint('yellow', '!')} ${oneLine(inFlags(warning))}`);
  const optional = found.unmapped_fields.filter((field) => !field.required);
  if (optional.length > 0) output.line(`  left empty: ${optional.map((field) => oneLine(field.name)).join(', ')}`);
  if (found.output_columns !== null) output.line(`  adds ${found.output_columns.map(oneLine).join(', ')}`);
}
