const LF = 10;
const CR = 13;

/** The chunks without their first lines, whatever their line ends; a line may have any length. */
export async function* skipLines(chunks: AsyncGenerator<Buffer>, lines: number): AsyncGenerator<Buffer> {
  let left = lines;
  let rest: Buffer = Buffer.alloc(0);
  while (left > 0) {
    const next = await chunks.next();
    if (next.done) return;
    rest = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
    const cut = cutLines(rest, left);
    left = cut.left;
    rest = rest.subarray(cut.at);
  }
  if (rest.length > 0) yield rest;
  yield* chunks;
}

/** Cuts up to a number of lines. Carriage returns at the end stay: a line feed may follow them. */
function cutLines(bytes: Buffer, lines: number): { at: number; left: number } {
  let left = lines;
  let at = 0;
  while (left > 0) {
    const found = endOfLine(bytes, at);
    if (found === undefined) return { at: bytes.at(-1) === CR ? Math.max(at, bytes.length - 2) : bytes.length, left };
    at = found;
    left -= 1;
  }
  return { at, left };
}

/** Offset after the line end: `\n`, `\r`, `\r\n` or `\r\r\n`. */
function endOfLine(bytes: Buffer, from: number): number | undefined {
  for (let at = from; at < bytes.length; at += 1) {
    if (bytes[at] === LF) return at + 1;
    if (bytes[at] !== CR) continue;
    if (at + 2 >= bytes.length) return undefined;
    if (bytes[at + 1] === LF) return at + 2;
    return bytes[at + 1] === CR && bytes[at + 2] === LF ? at + 3 : at + 1;
  }
  return undefined;
}
