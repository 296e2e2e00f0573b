import { type Command, Option } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { counted, duration } from '../../../base/figures.ts';
import type { RowReport } from '../../../runner/contract/report/row.ts';
import { rowSort } from '../../../runner/contract/request/row-query.ts';
import type { Runner } from '../../../runner/runner.ts';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { numberArgument } from '../../arguments/mapping-arguments.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { cellText, oneLine } from '../../terminal/safe-text.ts';
import { layOutTable, type TableColumn } from '../../terminal/terminal-table.ts';

interface RowsArguments {
  status?: RowReport['status'];
  code?: string;
  text?: string;
  sort?: (typeof rowSort.options)[number];
  from?: number;
  place?: number;
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
    .option('--code <code>', 'only rows that failed with this code')
    .option('--text <text>', 'only rows with this text in a cell or in their answer, whatever its case')
    .addOption(
      new Option('--sort <order>', 'the order; with - the reverse; time is when a row ended').choices(rowSort.options),
    )
    .option(
      '--from <row>',
      'start at this row; rows are numbered from 0',
      numberArgument('--from', { integer: true, min: 0 }),
    )
    .option(
      '--place <n>',
      'with --code or --sort: start at this place of the list, from 0',
      numberArgument('--place', { integer: true, min: 0 }),
    )
    .option(
      '--limit <n>',
      'how many rows (default 20)',
      numberArgument('--limit', { integer: true, min: 1, max: 1000 }),
    )
    .action((batch: string, given: RowsArguments) =>
      context.run(async (output) => {
        requireOneStart(given);
        const { runner } = await context.app();
        const page = await readPage(await runner.idOf(batch), given, runner);
        output.document(page.document);
        for (const line of rowLines(page.rows, output)) output.line(line);
        for (const note of page.notes) output.note(note);
        return EXIT.completed;
      }),
    );
}

/** @throws AppError `invalid_arguments` for a start that the list does not have */
function requireOneStart({ text, code, sort, from, place }: RowsArguments): void {
  if (text !== undefined && (sort !== undefined || place !== undefined))
    throw new AppError('invalid_arguments', '--text searches in the order of the table: leave out --sort and --place.');
  if (text === undefined && from !== undefined && (code !== undefined || sort !== undefined || place !== undefined))
    throw new AppError('invalid_arguments', '--from goes with --status and --text only. Start the list with --place.');
}

interface ShownPage {
  rows: RowReport[];
  document: object;
  notes: string[];
}

async function readPage(id: string, given: RowsArguments, runner: Runner): Promise<ShownPage> {
  const { text, code, sort, from, place = 0, limit = 20, status } = given;
  const filter = { ...(status !== undefined && { status }), ...(code !== undefined && { code }) };
  if (text !== undefined) return searchRows(id, { ...filter, text, from: from ?? 0, limit }, runner);
  if (code === undefined && sort === undefined && given.place === undefined) {
    const { rows, nextCursor: next } = await runner.rows(id, {
      ...(status !== undefined && { status }),
      ...(from !== undefined && { cursor: from }),
      limit,
    });
    return { rows, document: { rows, next_row: next }, notes: next === null ? [] : [`More: add --from ${next}`] };
  }
  const { rows, selected } = await runner.browse(id, { ...filter, ...(sort !== undefined && { sort }), place, limit });
  const next = place + rows.length < selected && rows.length > 0 ? place + rows.length : null;
  const notes = [`${counted(selected, 'row')} in all.`, ...(next === null ? [] : [`More: add --place ${next}`])];
  return { rows, document: { rows, selected, next_place: next }, notes };
}

/** The first rows of a search. It ends with a full page, or at the end of the table. */
async function searchRows(
  id: string,
  query: Parameters<Runner['search']>[1] & { limit: number },
  runner: Runner,
): Promise<ShownPage> {
  const rows: RowReport[] = [];
  const stop = new AbortController();
  let next: number | null = null;
  for await (const found of runner.search(id, query, stop.signal)) {
    rows.push(...found.rows);
    next = found.next;
    if (rows.length >= query.limit) break;
  }
  stop.abort();
  return { rows, document: { rows, next_row: next }, notes: next === null ? [] : [`More: add --from ${next}`] };
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
