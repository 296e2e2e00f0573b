import type { CsvDialect } from './csv-dialect.ts';

const LF = 10;
const CR = 13;

/** Where bytes end, and whether more may follow. */
interface Block {
  bytes: Buffer;
  atEnd: boolean;
}

/**
 * Length of the line end at an offset; 0 where the byte ends no line, -1 where only the next bytes can tell.
 * `\r\r\n` is one line end: programs that translate line ends twice write it.
 */
export function lineEndAt({ bytes, atEnd }: Block, at: number, { lineEnds }: CsvDialect): number {
  const byte = bytes[at];
  if (byte === LF) return 1;
  if (byte !== CR) return 0;
  const next = bytes[at + 1];
  if (next === LF) return 2;
  if (next === CR && bytes[at + 2] === LF) return 3;
  if (!atEnd && (next === undefined || (next === CR && at + 2 >= bytes.length))) return -1;
  return lineEnds === 'any' ? 1 : 0;
}

/** Offset after the line that holds an offset; undefined where its end is not in the block. */
export function endOfLine(block: Block, from: number, dialect: CsvDialect): number | undefined {
  for (let at = from; at < block.bytes.length; at += 1) {
    const length = lineEndAt(block, at, dialect);
    if (length > 0) return at + length;
    if (length < 0) return undefined;
    if (dialect.lineEnds === 'lf') {
      const found = block.bytes.indexOf(LF, at);
      return found === -1 ? undefined : found + 1;
    }
  }
  return undefined;
}
