import type { Command } from 'commander';
import * as z from 'zod';
import { parseJson } from '../../../base/exact-number.ts';
import type { JsonObject } from '../../../protocol/messages.ts';
import { callTool } from '../../call-tool.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { collect, locationArgument, mappingArgument } from '../../mapping-arguments.ts';
import { inFlags } from '../../option-words.ts';
import { listenForStop } from '../../signals.ts';
import { oneLine } from '../../terminal/safe-text.ts';

/** The part of the tool's output that this command shows. */
const verdict = z.object({
  summary: z.string(),
  next_step: z.string(),
  compatible: z.boolean(),
  problems: z.array(z.object({ code: z.string(), message: z.string() })),
  warnings: z.array(z.string()),
  unmapped_fields: z.array(z.object({ name: z.string(), required: z.boolean() })),
  output_columns: z.array(z.string()).nullable(),
});

/** `rowmill agents check NAME [--table URI]`: whether it can run in a batch. Exits 2 when it can't. */
export function addAgentsCheckCommand(agents: Command, context: CommandContext): void {
  newCommand(agents, 'check', 'Check that an agent can run in a batch, and fits a table')
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
          const input = {
            agent_name: name,
            ...(given.table !== undefined && { csv_uri: locationArgument(given.table, context.io.cwd) }),
            ...(given.map !== undefined && {
              input_mapping: parseJson(JSON.stringify(mappingArgument(given.map))) as JsonObject,
            }),
          };
          const found = await callTool(app, 'validate_agent_compatibility', input, stop.signal);
          output.document(found);
          const parsed = verdict.parse(found);
          show(parsed, output);
          return parsed.compatible ? EXIT.completed : EXIT.invalid;
        } finally {
          stop.close();
        }
      }),
    );
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
