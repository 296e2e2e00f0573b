import { AppError } from '../../../base/errors.ts';
import { MAX_RECORD_BYTES } from '../csv/csv-framing.ts';
import type { JsonRecord } from './json-record.ts';

const LF = 10;
const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];

/**
 * The elements of a JSON array, one page for each chunk. Only brackets and strings are read here; each element is
 * parsed on its own, so that a broken element is one malformed row. Of an element that is too long, only the start is
 * kept. Memory is that of one element.
 * @throws AppError `not_a_table` when the text is no array
 */
export async function* frameArray(chunks: AsyncGenerator<Buffer>, uri: string): AsyncGenerator<JsonRecord[]> {
  const scan = createArrayScanner(uri);
  for await (const chunk of chunks) {
    const records = scan.push(chunk);
    if (records.length > 0) yield records;
  }
  const last = scan.end();
  if (last !== undefined) yield [last];
}

function createArrayScanner(uri: string) {
  let state: 'before' | 'inside' | 'after' = 'before';
  let line = 1;
  let depth = 0;
  let inString = false;
  let escaped = false;
  /** The parts of the current element from earlier chunks, and its line; 0 while there is none. */
  let parts: Buffer[] = [];
  let length = 0;
  let startLine = 0;
  let lastByte = 0;
  let trailing = false;

  function keep(part: Buffer): void {
    const room = MAX_RECORD_BYTES + 1 - length;
    if (room > 0 && part.length > 0) parts.push(part.subarray(0, room));
    length += part.length;
  }

  function take(fault?: string): JsonRecord {
    const tooLong = length > MAX_RECORD_BYTES ? 'the object is longer than 1 MiB' : undefined;
    const reason = fault ?? tooLong;
    const bytes = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    const record = { bytes, line: startLine, ...(reason !== undefined && { fault: reason }) };
    parts = [];
    length = 0;
    startLine = 0;
    return record;
  }

  function push(chunk: Buffer): JsonRecord[] {
    const records: JsonRecord[] = [];
    /** Where the current element starts in this chunk. */
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte === LF) line += 1;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (byte === LF || byte === 32 || byte === 9 || byte === 13) continue;
      if (state !== 'inside') {
        if (state === 'after') trailing = true;
        else if (byte !== OPEN_ARRAY) throw noArray(uri);
        else state = 'inside';
        continue;
      }
      const ends = depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY);
      if (ends) {
        if (startLine > 0) {
          keep(chunk.subarray(start, at));
          records.push(take());
        } else if (byte === COMMA || lastByte === COMMA) {
          startLine = line;
          records.push(take('nothing where an object is expected: a comma too many'));
        }
        lastByte = byte;
        if (byte === CLOSE_ARRAY) state = 'after';
        continue;
      }
      if (startLine === 0) {
        startLine = line;
        start = at;
      }
      if (byte === QUOTE) inString = true;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth += 1;
      else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth = Math.max(0, depth - 1);
    }
    if (startLine > 0) keep(chunk.subarray(start));
    return records;
  }

  return {
    push,
    /** The last element, if the array is cut off. */
    end(): JsonRecord | undefined {
      if (state === 'before') throw noArray(uri);
      if (state === 'inside') {
        if (startLine === 0) startLine = line;
        return take('the file ends inside the array: it is cut off, or a quote or bracket before it is not closed');
      }
      if (!trailing) return undefined;
      startLine = line;
      return take('text after the end of the array');
    },
  };
}

function noArray(uri: string): AppError {
  return new AppError(
    'not_a_table',
    `${uri} is no JSON array of objects. If the rows are inside an object, take them out, for example by jq '.rows'.`,
  );
}
