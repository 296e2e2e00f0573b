import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { count, counted } from '../../../base/figures.ts';
import type { Json, JsonObject } from '../../../protocol/messages.ts';
import type { Appended } from '../../../runner/contract/request/collect.ts';
import { readingOf } from '../../../runner/contract/request/reading.ts';
import type { Runner } from '../../../runner/runner.ts';
import type { SourceRow } from '../../../tables/row-source.ts';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { locationArgument } from '../../arguments/mapping-arguments.ts';
import { addFileReadingFlags, type FlagValues, readingFlagsOf } from '../../arguments/option-flags.ts';
import { STREAM } from '../../arguments/table-argument.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { listenForStop } from '../../signals.ts';
import type { OwnTable } from '../../transfer.ts';

/** Rows of one request. */
const PORTION = 1_000;

interface AppendArguments extends FlagValues {
  idempotencyKey?: string;
}

/** `rowmill batches append BATCH TABLE`: the rows of a table, into a batch that collects. */
export function addBatchesAppendCommand(batches: Command, context: CommandContext): void {
  const command = newCommand(batches, 'append', 'Append the rows of a table to a batch that collects rows')
    .argument('<batch>', BATCH_ARGUMENT)
    .argument('<table>', 'a file with a table, in any format that "rowmill run" reads; - is stdin')
    .option('--idempotency-key <key>', 'append once: the same table again with this key appends nothing');
  addFileReadingFlags(command);
  command
    .addHelpText('after', HELP)
    .action((batch: string, table: string, given: AppendArguments) =>
      context.run((output) => append({ batch, table, given }, { context, output })),
    );
}

const HELP = `
Columns are found by their names; a column of the batch that the table does not
have stays empty. All records are checked before the first row is appended.

Examples:
  rowmill batches append bat_… messages.csv
  rowmill batches append bat_… - < messages.jsonl`;

interface Append {
  batch: string;
  table: string;
  given: AppendArguments;
}

async function append(
  { batch, table, given }: Append,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const app = await context.app();
  const id = await app.runner.idOf(batch);
  const stop = listenForStop(context.signals, { onFirst: () => output.note('Stopping.'), onSecond: () => undefined });
  const { io } = context;
  const from = table === STREAM ? io.stdin : locationArgument(table, io.cwd);
  const own = await app.transfer.own(from, readingOf(readingFlagsOf(given)), stop.signal);
  try {
    for await (const page of pagesOf(own, table)) stopAtFault(page, table);
    const rows = { id, key: given.idempotencyKey };
    const appended = await appendAll(pagesOf(own, table), rows, app.runner);
    if (appended === undefined) throw new AppError('file_empty', `${table} has no rows: nothing is appended.`);
    tell(appended, output);
    return EXIT.completed;
  } finally {
    stop.close();
    await own.remove();
  }
}

/** The rows of a table in portions, as objects by their columns. */
async function* pagesOf({ open }: OwnTable, table: string): AsyncGenerator<Page> {
  const source = await open();
  try {
    if (source.loads !== 'before-running') {
      throw new AppError('option_not_supported', `${table} is not a file: append the rows of a file or of stdin.`);
    }
    for await (const rows of source.rows()) yield { columns: source.columns(), rows };
  } finally {
    await source.close();
  }
}

interface Page {
  columns: string[];
  rows: SourceRow[];
}

/** @throws AppError `not_a_table` for a record that can't be read */
function stopAtFault({ rows }: Page, table: string): void {
  for (const row of rows) {
    if (row.kind === 'record') continue;
    throw new AppError('not_a_table', `${table}, line ${row.line}: ${row.reason}. Nothing is appended.`);
  }
}

/** Appends all rows; undefined where there are none. With a key, each portion has a key of its own. */
async function appendAll(
  pages: AsyncIterable<Page>,
  { id, key }: { id: string; key: string | undefined },
  runner: Pick<Runner, 'append'>,
): Promise<Appended | undefined> {
  let all: Appended | undefined;
  let portions = 0;
  const send = async (rows: JsonObject[]) => {
    const own = key === undefined ? {} : { idempotency_key: `${key}:${portions}` };
    portions += 1;
    const sent = await runner.append(id, { rows, ...own });
    all =
      all === undefined
        ? sent
        : { ...all, rows: all.rows + sent.rows, total: sent.total, repeated: all.repeated && sent.repeated };
  };
  const waiting: JsonObject[] = [];
  for await (const { columns, rows } of pages) {
    for (const { cells } of rows) {
      waiting.push(Object.fromEntries(columns.map((column, at): [string, Json] => [column, cells[at] ?? null])));
      if (waiting.length === PORTION) await send(waiting.splice(0));
    }
  }
  if (waiting.length > 0) await send(waiting);
  return all;
}

function tell(appended: Appended, output: Output): void {
  const { batch_id: id, rows, total, repeated } = appended;
  output.document(appended);
  output.line(
    repeated
      ? `${counted(rows, 'row')} had been appended before with this key.`
      : `${counted(rows, 'row')} appended to ${id}, which has ${count(total)} now.`,
  );
  output.note(`Start it with: rowmill batches run ${id}`);
}
