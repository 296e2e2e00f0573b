import { type Command, Option } from 'commander';
import { duration } from '../../../base/figures.ts';
import type { RowReport } from '../../../runner/contract/row.ts';
import { BATCH_ARGUMENT } from '../../batch-argument.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { numberArgument } from '../../mapping-arguments.ts';
import { cellText, oneLine } from '../../terminal/safe-text.ts';
import { layOutTable, type TableColumn } from '../../terminal/terminal-table.ts';

interface RowsArguments {
  status?: RowReport['status'];
  from?: number;
  limit?: number;
}

/** `rowmill batches rows BATCH`: rows with their answers, a page at a time. */
export function addBatchesRowsCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'rows', 'List rows with their answers and errors')
    .argument('<batch>', BATCH_ARGUMENT)
    .addOption(
      new Option('--status <status>', 'only rows with this status').choices([
        'queued',
        'running',
        'succeeded',
        'failed',
        'not_run',
      ]),
    )
    .option(
      '--from <row>',
      'start at this row; rows are numbered from 0',
      numberArgument('--from', { integer: true, min: 0 }),
    )
    .option(
      '--limit <n>',
      'how many rows (default 20)',
      numberArgument('--limit', { integer: true, min: 1, max: 1000 }),
    )
    .action((batch: string, given: RowsArguments) =>
      context.run(async (output) => {
        const { runner } = await context.app();
        const page = await runner.rows(await runner.idOf(batch), {
          ...(given.status !== undefined && { status: given.status }),
          ...(given.from !== undefined && { cursor: given.from }),
          limit: given.limit ?? 20,
        });
        output.document({ rows: page.rows, next_row: page.nextCursor });
        for (const line of rowLines(page.rows, output)) output.line(line);
        if (page.nextCursor !== null) output.note(`More: add --from ${page.nextCursor}`);
        return EXIT.completed;
      }),
    );
}

/** Rows as a table: number, status, the fields of input and output, time, error. */
function rowLines(rows: RowReport[], output: Pick<Output, 'paint' | 'width'>): string[] {
  if (rows.length === 0) return ['There are no such rows.'];
  const { paint } = output;
  const inputs = namesOf([
    ...rows.map((row) => row.input),
    ...rows.map((row) => (row.input === null ? row.source : null)),
  ]);
  const outputs = namesOf(rows.map((row) => row.output));
  const columns: TableColumn[] = [
    { title: 'row', align: 'right', minWidth: 3 },
    {
      title: 'status',
      minWidth: 9,
      keep: true,
      paint: (text, cell) => paint(cell === 'failed' ? 'red' : 'green', text),
    },
    ...inputs.map((name) => ({ title: oneLine(name), minWidth: 8, paint: (text: string) => paint('dim', text) })),
    ...outputs.map((name) => ({ title: oneLine(name), minWidth: 8 })),
    { title: 'time', align: 'right', minWidth: 5 },
    { title: 'error', minWidth: 12, keep: true, paint: (text) => paint('red', text) },
  ];
  const cells = rows.map((row) => [
    String(row.row),
    row.status,
    ...inputs.map((name) => cellText(givenTo(row, name))),
    ...outputs.map((name) => cellText(row.output?.[name])),
    row.processing_seconds === null ? '' : duration(row.processing_seconds),
    row.error === null ? '' : oneLine(`${row.error.code}: ${row.error.message}`),
  ]);
  const hasErrors = rows.some((row) => row.error !== null);
  return layOutTable(hasErrors ? columns : columns.slice(0, -1), cells, output);
}

/** The agent's input field of this name; the source's cell if the input has no such field. */
function givenTo({ input, source }: RowReport, name: string): unknown {
  return input !== null && Object.hasOwn(input, name) ? input[name] : source[name];
}

function namesOf(objects: (object | null)[]): string[] {
  return [...new Set(objects.flatMap((object) => (object === null ? [] : Object.keys(object))))];
}
