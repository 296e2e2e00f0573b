import { Transform } from 'node:stream';

/** The longest line that is passed on, in bytes: as much as a request over HTTP may have. */
const MAX_LINE = 4 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * Passes whole lines on, and drops a line that is longer than `maxBytes`, so that an endless line takes no more memory
 * than the limit. `onDropped` is called once for each, as soon as it is too long; `onLine` with each line before it is
 * passed on.
 */
export function createLineLimit(
  onDropped: () => void,
  { onLine, maxBytes = MAX_LINE }: { onLine?: (line: Buffer) => void; maxBytes?: number } = {},
): Transform {
  let held: Buffer[] = [];
  let length = 0;
  let isDropping = false;
  const pass = (stream: Transform) => {
    const line = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held);
    onLine?.(line);
    stream.push(line);
  };
  const drop = () => {
    held = [];
    length = 0;
    isDropping = true;
    onDropped();
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let rest = chunk;
      while (rest.length > 0) {
        const end = rest.indexOf(NEWLINE);
        const part = end === -1 ? rest : rest.subarray(0, end + 1);
        rest = rest.subarray(part.length);
        if (!isDropping) {
          length += part.length;
          held.push(part);
          if (length > maxBytes + 1) drop();
        }
        if (end === -1) continue;
        if (!isDropping) pass(this);
        held = [];
        length = 0;
        isDropping = false;
      }
      done();
    },
    flush(done) {
      if (!isDropping && held.length > 0) pass(this);
      done();
    },
  });
}
