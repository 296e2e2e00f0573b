import { isUtf8 } from 'node:buffer';
import { AppError } from '../../../base/errors.ts';
import type { Json, JsonObject } from '../../../protocol/messages.ts';
import type { SnapshotSource, SourceRow, TableWarning } from '../../row-source.ts';
import { checkColumnCount } from '../column-limit.ts';
import type { SourceInput } from '../csv/csv-source.ts';
import { createRowWarnings } from '../csv/row-warnings.ts';
import { inPages } from '../pages.ts';
import { holdsReplacement, MAX_TEXT_BYTES } from '../text.ts';
import { textFindings } from '../text-findings.ts';
import { frameArray } from './frame-array.ts';
import { frameLines } from './frame-lines.ts';
import { type JsonLine, parseJsonLine } from './json-line.ts';
import type { JsonRecord } from './json-record.ts';

/**
 * Opens JSONL (one object per line) or a JSON array of objects. Columns are the union of the keys in first-seen order:
 * keys of the file's head immediately, later keys as they occur. A row has as many cells as there were columns when it
 * was read.
 */
export async function openJsonSource(input: SourceInput): Promise<SnapshotSource> {
  const frames = input.format.name === 'json' ? frameArray(input.chunks, input.uri) : frameLines(input.chunks);
  const first = await frames.next();
  const head = first.done ? [] : first.value;
  const columns = new Map<string, number>();
  const added: TableWarning[] = [];
  const warnings = createRowWarnings(input.text.encoding);
  const parsedHead = head.map(parseRecord);
  for (const parsed of parsedHead) {
    if (parsed.kind === 'object') for (const key of Object.keys(parsed.value)) addColumn(columns, key);
    checkColumnCount(columns.size, input.uri);
  }
  const atOnce = columns.size;
  const isUtf8Text = input.text.encoding === 'utf-8';

  function toRow(record: JsonRecord, parsed: JsonLine): SourceRow | undefined {
    const { bytes, line } = record;
    if (bytes.length === 0 && record.fault === undefined) return undefined;
    if (isUtf8Text ? !isUtf8(bytes) : holdsReplacement(bytes)) warnings.invalidBytes(line);
    if (parsed.kind === 'object') {
      if (parsed.repeated !== undefined) warnings.repeatedKey(line, parsed.repeated);
      for (const key of Object.keys(parsed.value)) {
        if (addColumn(columns, key) && atOnce > 0) added.push(addedWarning(key, line));
      }
      checkColumnCount(columns.size, input.uri);
      return { kind: 'record', line, cells: toCells(parsed.value, columns) };
    }
    warnings.malformed(line, parsed.reason);
    const text = bytes.toString('utf8', 0, MAX_TEXT_BYTES);
    return { kind: 'malformed', line, reason: parsed.reason, text, cells: [] };
  }

  /** One row after the other: a short line has a cell for every column. */
  function* rowsOf(records: readonly JsonRecord[], known: readonly JsonLine[] = []): Generator<SourceRow> {
    for (const [index, record] of records.entries()) {
      const row = toRow(record, known[index] ?? parseRecord(record));
      if (row !== undefined) yield row;
    }
  }

  async function* pages(): AsyncGenerator<SourceRow[]> {
    yield* inPages(rowsOf(head, parsedHead));
    for await (const records of frames) yield* inPages(rowsOf(records));
  }

  return {
    uri: input.uri,
    format: input.format,
    loads: 'before-running',
    total: null,
    sizeBytes: input.sizeBytes,
    columns: () => [...columns.keys()],
    readAs: () => ({ ...input.reading, encoding: input.text.encoding }),
    warnings: () => [...textFindings(input.text), ...added, ...warnings.list()],
    rows: (signal) => readRows(input, pages(), signal),
    close: async () => input.close(),
  };
}

function parseRecord({ bytes, fault }: JsonRecord): JsonLine {
  return fault === undefined ? parseJsonLine(bytes.toString('utf8')) : { kind: 'wrong', reason: fault };
}

/** @returns whether the column is new */
function addColumn(columns: Map<string, number>, key: string): boolean {
  if (columns.has(key)) return false;
  columns.set(key, columns.size);
  return true;
}

function addedWarning(key: string, line: number): TableWarning {
  return { code: 'column_added', message: `Column "${key}" first occurs on line ${line}.`, line };
}

function toCells(value: JsonObject, columns: Map<string, number>): Json[] {
  const cells: Json[] = new Array(columns.size).fill(null);
  for (const key of Object.keys(value)) cells[columns.get(key) ?? 0] = value[key] ?? null;
  return cells;
}

async function* readRows(
  input: SourceInput,
  pages: AsyncGenerator<SourceRow[]>,
  signal?: AbortSignal,
): AsyncGenerator<SourceRow[]> {
  try {
    for await (const rows of pages) {
      if (signal?.aborted) throw new AppError('aborted', `Reading ${input.uri} was cancelled.`);
      yield rows;
    }
  } finally {
    input.close();
  }
}
