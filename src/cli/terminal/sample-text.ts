import { count, counted, dollars } from '../../base/figures.ts';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import type { RowReport } from '../../runner/contract/report/row.ts';
import type { InputMapping } from '../../runner/contract/request/mapping.ts';
import type { Output } from '../command-context.ts';
import { cellText, oneLine } from './safe-text.ts';
import { layOutTable, type TableColumn } from './terminal-table.ts';

/** Rows of a sample that are shown. */
export const SHOWN_SAMPLE_ROWS = 20;
/** Columns of a table that are shown beside the number of the row and the error. */
const SHOWN_COLUMNS = 8;

/** The rows of a sample that ran, and how their input was made. */
interface SampleRows {
  rows: readonly RowReport[];
  /** Without it, the fields of the input are shown. */
  mapping?: InputMapping | undefined;
}

/**
 * The answers of a sample as a table: the source columns that were mapped and the output fields, with what these rows
 * cost and what the others may cost.
 */
export function sampleLines(
  report: BatchReport,
  { rows, mapping }: SampleRows,
  { width, paint }: Pick<Output, 'width' | 'paint'>,
): string[] {
  const inputs = mapping === undefined ? inputFields(rows) : mappedColumns(mapping);
  const outputs = [...new Set(rows.flatMap(({ output }) => Object.keys(output ?? {})))];
  const shownInputs = inputs.slice(0, Math.max(2, SHOWN_COLUMNS - outputs.length));
  const shownOutputs = outputs.slice(0, SHOWN_COLUMNS - shownInputs.length);
  const hasErrors = rows.some(({ error }) => error !== null);
  const columns: TableColumn[] = [
    { title: 'row', align: 'right', minWidth: 'whole' },
    ...shownInputs.map(({ title }) => ({ title, minWidth: 8, paint: (text: string) => paint('dim', text) })),
    ...shownOutputs.map((name) => ({ title: oneLine(name), minWidth: 8, keep: true })),
    ...(hasErrors ? [{ title: 'error', minWidth: 12, keep: true, paint: (text: string) => paint('red', text) }] : []),
  ];
  const cells = rows.map((row) => [
    String(row.row),
    ...shownInputs.map(({ cellOf }) => cellText(cellOf(row))),
    ...shownOutputs.map((name) => cellText(row.output?.[name])),
    ...(hasErrors ? [row.error === null ? '' : oneLine(`${row.error.code}: ${row.error.message}`)] : []),
  ]);
  return [
    ...layOutTable(columns, cells, { width, paint }),
    ...leftOutText(report, { rows: rows.length, columns: [...inputs.map(({ title }) => title), ...outputs] }, [
      ...shownInputs.map(({ title }) => title),
      ...shownOutputs,
    ]).map((line) => paint('dim', line)),
    costText(report),
  ];
}

function inputFields(rows: readonly RowReport[]): { title: string; cellOf: (row: RowReport) => unknown }[] {
  const fields = [...new Set(rows.flatMap(({ input }) => Object.keys(input ?? {})))];
  return fields.map((field) => ({ title: oneLine(field), cellOf: ({ input }) => input?.[field] }));
}

/** What fills the fields: a column's cell, or the field of the input where it is made from an expression. */
function mappedColumns(mapping: InputMapping): { title: string; cellOf: (row: RowReport) => unknown }[] {
  const found = new Map<string, (row: RowReport) => unknown>();
  for (const [field, how] of Object.entries(mapping)) {
    if (typeof how === 'object' && 'value' in how) continue;
    const column = typeof how === 'object' ? ('column' in how ? how.column : undefined) : how;
    const isComputed = column === undefined || (typeof how === 'string' && how.trimStart().startsWith('{%'));
    if (isComputed) found.set(field, ({ input }) => input?.[field]);
    else found.set(column, ({ source }) => source[column]);
  }
  return [...found].map(([title, cellOf]) => ({ title: oneLine(title), cellOf }));
}

/** The rows and columns that are not in the table, each with the way to see them. */
function leftOutText(
  { batch_id: id, counts }: BatchReport,
  all: { rows: number; columns: string[] },
  shown: string[],
): string[] {
  const rows = counts.succeeded + counts.failed - all.rows;
  const columns = all.columns.filter((name) => !shown.includes(name)).map(oneLine);
  return [
    ...(rows > 0 ? [`${counted(rows, 'more row')}: rowmill batches rows ${id}`] : []),
    ...(columns.length > 0 ? [`not shown: ${columns.join(', ')}`] : []),
  ];
}

/** `5 rows cost $0.0021. The other 95 rows may cost about $0.04 ($0.03 to $0.05).` */
function costText({ counts, cost_usd: cost, estimate_rest: rest }: BatchReport): string {
  const done = counts.succeeded + counts.failed;
  const spent = `${counted(done, 'row')} cost ${cost === null ? 'an unknown amount' : dollars(cost)}.`;
  if (rest === null || rest.rows === null || rest.rows === 0) return spent;
  const other = `The other ${rest.rows === 1 ? 'row' : `${count(rest.rows)} rows`} may cost`;
  if (rest.cost_usd === null) return `${spent} ${other} an unknown amount.`;
  const { low, expected, high } = rest.cost_usd;
  const range = low === high ? '' : ` (${dollars(low)} to ${dollars(high)})`;
  return `${spent} ${other} about ${dollars(expected)}${range}.`;
}
