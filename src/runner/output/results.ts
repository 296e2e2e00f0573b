import { stringify } from 'csv-stringify/sync';
import type { AgentDefinition } from '../../agent/definition.ts';
import { isoTime } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { ownValue } from '../../base/json/own-value.ts';
import type { Json, JsonObject } from '../../protocol/messages.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { RowRecord, RowStatus } from '../../storage/rows.ts';
import type { Store } from '../../storage/store.ts';
import { type Cell, neutraliseFormula } from '../../tables/cell.ts';
import type { WrittenStyle } from '../../tables/row-writer.ts';
import type { RowReport } from '../contract/report/row.ts';
import { type StoredPlan, storedPlan } from '../contract/report/stored-plan.ts';
import type { MetadataColumn, StatusColumn } from '../contract/request/mapping.ts';
import { settingsOf, withSettings } from '../lifecycle/settings.ts';
import { shownRow } from '../media/media-fields.ts';
import { truncatedFields } from '../rows/input-messages.ts';
import { rowObject } from '../rows/mapping.ts';
import { layoutOutput, type OutputLayout, type RowOutput } from '../rows/transform-output.ts';

const PAGE = 1000;

/** The stored plan of a batch, perhaps from an older version. */
export function storedPlanOf(batch: BatchRecord): StoredPlan {
  return storedPlan.parse(batch.plan);
}

/** The current plan of a batch, with the settings made since its start. */
export function planOf(batch: BatchRecord): StoredPlan {
  return withSettings(storedPlanOf(batch), settingsOf(batch));
}

export function layoutOf(batch: BatchRecord): OutputLayout {
  const plan = planOf(batch);
  return layoutOutput(batch.columns ?? [], plan.agent.structured_output.schema, plan.request.output_mapping ?? {});
}

/** A range of rows of an output table: `fromRow` is included, `toRow` is not. */
interface OutputRange {
  fromRow?: number;
  toRow?: number;
  /** Called with every row. */
  onRow?: (row: RowRecord) => void;
}

/** The output table in pages of rows, in source order, without its header. Memory is constant. */
export async function* outputRows(
  batch: BatchRecord,
  store: Store,
  options: OutputRange = {},
): AsyncGenerator<Cell[][]> {
  const toCells = outputRowOf(batch);
  const onlySucceeded = planOf(batch).request.output_mapping?.rows === 'succeeded';
  const { toRow = Number.POSITIVE_INFINITY, onRow } = options;
  let { fromRow = 0 } = options;
  while (fromRow < toRow) {
    const rows = await store.readRows(batch.id, { fromRow, limit: Math.min(PAGE, toRow - fromRow) });
    if (rows.length === 0) return;
    if (onRow !== undefined) rows.forEach(onRow);
    const wanted = onlySucceeded ? rows.filter(({ status }) => status === 'succeeded') : rows;
    if (wanted.length > 0) yield wanted.map(toCells);
    fromRow = (rows.at(-1)?.row ?? fromRow) + 1;
  }
}

/** The stored status of rows that a face asks for. */
export function storedStatus(status: RowStatus | 'not_run'): RowStatus {
  return status === 'not_run' ? 'queued' : status;
}

/**
 * The source columns of the rows with one status, in pages, so that they can be corrected and run again. A line that
 * could not be read has its text in the first column.
 */
export async function* sourceRows(batch: BatchRecord, store: Store, status: RowStatus): AsyncGenerator<Cell[][]> {
  const columns = batch.columns ?? [];
  const cellsOf = ({ cells, rawText }: RowRecord): Cell[] =>
    columns.map((_, index) => (index === 0 && rawText !== null ? rawText : (cells[index] ?? null)));
  let fromRow = 0;
  for (;;) {
    const rows = await store.readRows(batch.id, { status, fromRow, limit: PAGE });
    if (rows.length === 0) return;
    yield rows.map(cellsOf);
    fromRow = (rows.at(-1)?.row ?? fromRow) + 1;
  }
}

export function outputHeader(batch: BatchRecord): string[] {
  return [...(batch.columns ?? []), ...layoutOf(batch).headers];
}

/** Makes the rows of a batch's output table, in the order of {@link outputHeader}. */
export function outputRowOf(batch: BatchRecord): (row: RowRecord) => Cell[] {
  const layout = layoutOf(batch);
  const { agent } = planOf(batch);
  const width = batch.columns?.length ?? 0;
  return (row) => outputRow(row, layout, { width, agent });
}

function outputRow(
  row: RowRecord,
  layout: OutputLayout,
  { width, agent }: { width: number; agent: AgentDefinition },
): Cell[] {
  const cells: Cell[] = [];
  for (let index = 0; index < width; index += 1) cells.push(row.cells[index] ?? null);
  const output = row.output as RowOutput | null;
  for (const { field } of layout.fields) cells.push((output && ownValue(output.structured, field)) ?? null);
  for (const { name } of layout.columns) cells.push((output && ownValue(output.columns, name)) ?? null);
  for (const { name } of layout.metadata) cells.push(metadataCell(row, name, agent));
  for (const { name } of layout.status) cells.push(statusCell(row, name));
  return cells;
}

/** The cell of a column about a row. */
export function metadataCell(row: RowRecord, name: MetadataColumn, agent: AgentDefinition): Cell {
  switch (name) {
    case '_parse_status':
      return parseStatusOf(row);
    case '_validation_passed':
      return row.status === 'succeeded';
    case '_outcome':
      return OUTCOMES[row.status];
    case '_failure':
      return row.error === null ? null : statusCell(row, '_error');
    case '_truncated_fields': {
      const fields = truncatedFields(agent, row.input);
      return fields.length === 0 ? null : fields;
    }
    default:
      return statusCell(row, name);
  }
}

function parseStatusOf({ status, error }: RowRecord): string | null {
  if (status === 'succeeded') return 'success';
  if (status !== 'failed') return null;
  if (error?.code === 'output_invalid') return 'validation_failed';
  return error?.code === 'output_unreadable' || error?.code === 'output_truncated' ? 'json_failed' : 'error';
}

function statusCell(row: RowRecord, name: StatusColumn): Cell {
  switch (name) {
    case '_status':
      return STATUS_WORDS[row.status];
    case '_processing_time':
      return row.processingMs === null ? null : row.processingMs / 1000;
    case '_error':
      return row.error === null ? '' : `${row.error.code}: ${row.error.message}`;
  }
}

/** The values of `_status`; a row that is still queued when the table is written was not run. */
const STATUS_WORDS: { [status in RowStatus]: string } = {
  succeeded: 'SUCCESS',
  failed: 'FAILED',
  queued: 'NOT_RUN',
  running: 'NOT_RUN',
};

/** The values of `_outcome`. */
const OUTCOMES: { [status in RowStatus]: string | null } = {
  succeeded: 'success',
  failed: 'error',
  queued: null,
  running: null,
};

/** A table as CSV text, page by page, header first. */
export async function* toCsv(
  header: readonly string[],
  pages: AsyncIterable<Cell[][]>,
  { bom = false, delimiter = ',', spreadsheetSafe = false }: WrittenStyle = {},
): AsyncGenerator<string> {
  const cast = spreadsheetSafe ? { ...CSV_CASTS, string: neutraliseFormula, object: safeObject } : CSV_CASTS;
  yield stringify([[...header]], { delimiter, bom, cast });
  for await (const rows of pages) yield stringify(rows, { cast, delimiter });
}

const CSV_CASTS = {
  boolean: (value: boolean) => String(value),
  object: (value: object) => JSON.stringify(value),
};

function safeObject(value: object): string {
  return neutraliseFormula(JSON.stringify(value));
}

/** Shows the rows of a batch as tools and commands do. */
export function rowReports(batch: BatchRecord): (row: RowRecord) => RowReport {
  // The plan is read once: that takes longer than a row.
  const plan = planOf(batch);
  const columns = batch.columns ?? [];
  const ended = batch.status === 'completed' || batch.status === 'failed' || batch.status === 'cancelled';
  return (stored) => {
    const row = shownRow(stored, plan.agent);
    return {
      row: row.row,
      line: row.line,
      status: ended && row.status === 'queued' ? 'not_run' : row.status,
      attempt: row.attempt,
      source: rowObject(columns, row.cells),
      input: row.input,
      output: outputOf(row, plan),
      error: row.error,
      started_at: isoTime(row.startedAt),
      ended_at: isoTime(row.endedAt),
      processing_seconds: row.processingMs === null ? null : row.processingMs / 1000,
    };
  };
}

/** The answer of a row with the values of the further columns; null without an answer. */
export function outputOf(row: Pick<RowRecord, 'output'>, plan: StoredPlan): JsonObject | null {
  const output = row.output as RowOutput | null;
  return output === null ? null : { ...picked(output.structured, plan), ...output.columns };
}

function picked(structured: JsonObject, plan: StoredPlan): JsonObject {
  const fields = plan.request.output_mapping?.structured_output_fields;
  if (fields === undefined) return structured;
  return Object.fromEntries(fields.map((field): [string, Json] => [field, ownValue(structured, field) ?? null]));
}

export function batchNotFound(id: string): AppError {
  return new AppError(
    'batch_not_found',
    `There is no batch "${id}" in this data directory; list them with "rowmill batches list".`,
  );
}
