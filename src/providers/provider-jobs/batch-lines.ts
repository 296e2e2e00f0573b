import { parseJson } from '../../base/json/exact-number.ts';

const LINE_BREAK = 0x0a;

/**
 * The lines of a body that are JSON objects, as they arrive; blank and broken ones are skipped. Lines end only with
 * line breaks: `readline` would break at U+2028 as well, which JSON leaves as it is.
 */
export async function* readJsonLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<Record<string, unknown>> {
  let held: Uint8Array[] = [];
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_BREAK); end !== -1; end = chunk.indexOf(LINE_BREAK, start)) {
      const value = parseLine([...held, chunk.subarray(start, end)]);
      if (value !== undefined) yield value;
      held = [];
      start = end + 1;
    }
    if (start < chunk.length) held.push(chunk.subarray(start));
  }
  const value = parseLine(held);
  if (value !== undefined) yield value;
}

function parseLine(pieces: readonly Uint8Array[]): Record<string, unknown> | undefined {
  const line = Buffer.concat(pieces).toString('utf8');
  if (line.trim() === '') return undefined;
  try {
    const value: unknown = parseJson(line);
    return isRecord(value) ? value : undefined;
  } catch {
    // Cut or broken: its id is missing among the results, which the caller reconciles.
    return undefined;
  }
}

/** Whether a value is an object with fields. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
