import { MAX_RECORD_BYTES } from '../csv/csv-framing.ts';
import type { JsonRecord } from './json-record.ts';

const LF = 10;
const TOO_LONG = 'the line is longer than 1 MiB';

/** The lines of a JSONL file, one page for each chunk. Of a line that is too long, only the start is kept. */
export async function* frameLines(chunks: AsyncGenerator<Buffer>): AsyncGenerator<JsonRecord[]> {
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  for await (const chunk of chunks) {
    const block = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const records: JsonRecord[] = [];
    let start = 0;
    for (let found = block.indexOf(LF); found !== -1; found = block.indexOf(LF, start)) {
      records.push(recordOf(block.subarray(start, found), line));
      start = found + 1;
      line += 1;
    }
    const left = block.subarray(start);
    // One byte above the limit is enough to detect a line that is too long.
    rest = left.length > MAX_RECORD_BYTES ? left.subarray(0, MAX_RECORD_BYTES + 1) : left;
    if (records.length > 0) yield records;
  }
  if (rest.length > 0) yield [recordOf(rest, line)];
}

function recordOf(bytes: Buffer, line: number): JsonRecord {
  const isTooLong = bytes.length > MAX_RECORD_BYTES;
  return { bytes: trimmed(bytes), line, ...(isTooLong && { fault: TOO_LONG }) };
}

/** Without blanks around it; empty for a blank line. */
function trimmed(bytes: Buffer): Buffer {
  let [from, to] = [0, bytes.length];
  while (from < to && isBlank(bytes[from])) from += 1;
  while (to > from && isBlank(bytes[to - 1])) to -= 1;
  return bytes.subarray(from, to);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 9 || byte === 13;
}
