import { isUtf8 } from 'node:buffer';
import type { EncodingFacts } from './encoding-facts.ts';

const LF = 10;
const CR = 13;

export function byteOrderMark(head: Buffer): EncodingFacts | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', bomBytes: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', bomBytes: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', bomBytes: 2 };
  return undefined;
}

/**
 * Text in other encodings holds no zero bytes. In UTF-16, line ends, delimiters and digits have one in every language,
 * all at the same side; there are line ends and printable ASCII. Some characters of other scripts, such as U+9000, have
 * their zero byte at the other side: line ends decide.
 */
export function utf16WithoutMark(head: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  const pairs = Math.min(Math.floor(head.length / 2), 32 * 1024);
  const before = { zeros: 0, lineEnds: 0, printable: 0 };
  const behind = { zeros: 0, lineEnds: 0, printable: 0 };
  for (let at = 0; at < pairs * 2; at += 2) {
    const [a, b] = [head[at] ?? 0, head[at + 1] ?? 0];
    // A NUL character: UTF-32, or no text.
    if (a === 0 && b === 0) return undefined;
    if (a !== 0 && b !== 0) continue;
    const side = a === 0 ? before : behind;
    const byte = a + b;
    side.zeros += 1;
    if (byte === LF || byte === CR) side.lineEnds += 1;
    if (byte >= 32 && byte < 127) side.printable += 1;
  }
  const [side, other] = behind.lineEnds > before.lineEnds ? [behind, before] : [before, behind];
  const isText = side.lineEnds > 0 && side.printable > 0 && side.zeros > pairs / 20;
  if (!isText || other.lineEnds > side.lineEnds / 20 || other.zeros > side.zeros) return undefined;
  return side === behind ? 'utf-16le' : 'utf-16be';
}

/** The share of characters beyond ASCII that are valid UTF-8; 1 for ASCII. A character cut off at the end is ignored. */
export function utf8Share(sample: Buffer): number {
  const whole = sample.subarray(0, sample.length - cutOffBytes(sample));
  if (isUtf8(whole)) return 1;
  let good = 0;
  let bad = 0;
  for (let at = 0; at < whole.length; ) {
    const length = sequenceLength(whole, at);
    if (length > 1) good += 1;
    if (length === 0) bad += 1;
    at += Math.max(1, length);
  }
  return good / (good + bad);
}

/** Length of the sequence at an offset; 0 where there is no valid one. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  return first >= 0xc2 && at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

/** Number of bytes at the end that start a UTF-8 sequence without completing it. */
function cutOffBytes(head: Buffer): number {
  for (let back = 1; back <= Math.min(3, head.length); back += 1) {
    const byte = head[head.length - back] ?? 0;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? back : 0;
    }
    if (byte < 0x80) return 0;
  }
  return 0;
}
