import type { Location } from '../../locations/location.ts';

const LF = 10;
const WINDOWS = 16;
const WINDOW_BYTES = 32 * 1024;
/** Files up to this size are seen whole. */
const WHOLE_BYTES = 512 * 1024;

/**
 * Bytes that show a file's encoding: its head, and where the place can be read by ranges, whole lines from 16 places
 * behind it.
 */
export async function sampleBytes(
  location: Location,
  { head, sizeBytes, signal }: { head: Buffer; sizeBytes: number | undefined; signal: AbortSignal | undefined },
): Promise<Buffer> {
  if (sizeBytes === undefined || sizeBytes <= head.length) return head;
  const ranges = await location.openRanges(signal);
  try {
    if (sizeBytes <= WHOLE_BYTES) return Buffer.from(await ranges.read(0, sizeBytes));
    const step = (sizeBytes - head.length - WINDOW_BYTES) / (WINDOWS - 1);
    const starts = Array.from({ length: WINDOWS }, (_, index) => Math.floor(head.length + index * step));
    const windows = await Promise.all(
      starts.map(async (start) => Buffer.from(await ranges.read(start, Math.min(sizeBytes, start + WINDOW_BYTES)))),
    );
    return Buffer.concat([head.subarray(0, endOfLines(head)), ...windows.map(wholeLines)]);
  } finally {
    await ranges.close();
  }
}

function wholeLines(window: Buffer): Buffer {
  const first = window.indexOf(LF);
  return first === -1 ? Buffer.alloc(0) : window.subarray(first + 1, endOfLines(window));
}

function endOfLines(bytes: Buffer): number {
  const last = bytes.lastIndexOf(LF);
  return last === -1 ? bytes.length : last + 1;
}
