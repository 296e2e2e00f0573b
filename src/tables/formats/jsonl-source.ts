import { isUtf8 } from 'node:buffer';
import { AppError } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../protocol/messages.ts';
import type { SnapshotSource, SourceRow, TableWarning } from '../row-source.ts';
import { MAX_RECORD_BYTES } from './csv/csv-framing.ts';
import type { SourceInput } from './csv/csv-source.ts';
import { createRowWarnings } from './csv/row-warnings.ts';
import { parseJsonLine } from './json-line.ts';
import { decodeText, MAX_TEXT_BYTES } from './text.ts';

const ROWS_PER_CHUNK = 500;
const LF = 10;

/**
 * Opens JSONL: one object per line. Columns are the union of the keys in first-seen order: keys of the file's head
 * immediately, later keys as they occur. A row has as many cells as there were columns when it was read.
 */
export async function openJsonlSource(input: SourceInput): Promise<SnapshotSource> {
  const first = await input.chunks.next();
  const head: Buffer = first.done ? Buffer.alloc(0) : first.value;
  const columns = new Map<string, number>();
  const added: TableWarning[] = [];
  const warnings = createRowWarnings();
  for (const line of head.toString('utf8').split('\n').slice(0, -1)) {
    const parsed = parseJsonLine(line);
    if (parsed.kind === 'object') for (const key of Object.keys(parsed.value)) addColumn(columns, key);
  }
  const atOnce = columns.size;

  function toRow(bytes: Buffer, line: number): SourceRow | undefined {
    if (!isUtf8(bytes)) warnings.invalidBytes(line);
    const text = decodeText(bytes).trim();
    if (text === '') return undefined;
    const parsed = bytes.length > MAX_RECORD_BYTES ? TOO_LONG : parseJsonLine(text);
    if (parsed.kind === 'object') {
      for (const key of Object.keys(parsed.value)) {
        if (addColumn(columns, key) && atOnce > 0) added.push(addedWarning(key, line));
      }
      return { kind: 'record', line, cells: toCells(parsed.value, columns) };
    }
    warnings.malformed(line, parsed.reason);
    const kept = decodeText(bytes.subarray(0, MAX_TEXT_BYTES)).replace(/\r?\n$/, '');
    return { kind: 'malformed', line, reason: parsed.reason, text: kept, cells: [] };
  }

  return {
    uri: input.uri,
    format: input.format,
    loads: 'before-running',
    total: null,
    sizeBytes: input.sizeBytes,
    columns: () => [...columns.keys()],
    warnings: () => [...added, ...warnings.list()],
    rows: (signal) => readRows(input, { head, toRow }, signal),
    close: async () => input.close(),
  };
}

const TOO_LONG = { kind: 'wrong', reason: 'the line is longer than 1 MiB' } as const;

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
  from: { head: Buffer; toRow(bytes: Buffer, line: number): SourceRow | undefined },
  signal?: AbortSignal,
): AsyncGenerator<SourceRow[]> {
  let block = from.head;
  let line = 1;
  let rows: SourceRow[] = [];
  try {
    for (let atEnd = false; !atEnd; ) {
      let start = 0;
      for (let found = block.indexOf(LF); found !== -1; found = block.indexOf(LF, start)) {
        const row = from.toRow(block.subarray(start, found), line);
        if (row !== undefined) rows.push(row);
        if (rows.length >= ROWS_PER_CHUNK) {
          yield rows;
          rows = [];
        }
        start = found + 1;
        line += 1;
      }
      if (signal?.aborted) throw new AppError('aborted', `Reading ${input.uri} was cancelled.`);
      const next = await input.chunks.next();
      atEnd = next.done === true;
      const rest = keepStart(block.subarray(start));
      block = next.done ? rest : Buffer.concat([rest, next.value]);
    }
    const last = from.toRow(block, line);
    if (last !== undefined) rows.push(last);
    if (rows.length > 0) yield rows;
  } finally {
    input.close();
  }
}

/** Limits a line that never ends: one byte above the limit is enough to detect it. */
function keepStart(rest: Buffer): Buffer {
  return rest.length > MAX_RECORD_BYTES ? rest.subarray(0, MAX_RECORD_BYTES + 1) : rest;
}
