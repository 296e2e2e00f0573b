import { isUtf8 } from 'node:buffer';
import { encodingOf } from '../reading.ts';
import type { TextFacts } from '../row-source.ts';

/** A file's encoding, and how many bytes its byte order mark takes. */
export interface EncodingFacts {
  encoding: TextFacts['encoding'];
  bomBytes: number;
}

/**
 * Detects the encoding from the first bytes: a byte order mark; else zeros at every second position (UTF-16); else
 * UTF-8 if the bytes are valid UTF-8 (a sequence cut off at the end of the head is ignored); else Latin-1, which is
 * read as windows-1252.
 */
export function sniffEncoding(head: Buffer, given?: string): EncodingFacts {
  const detected = detectEncoding(head);
  const encoding = given === undefined ? undefined : encodingOf(given);
  if (encoding === undefined || encoding === detected.encoding) return detected;
  return { encoding, bomBytes: 0 };
}

function detectEncoding(head: Buffer): EncodingFacts {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', bomBytes: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', bomBytes: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', bomBytes: 2 };
  const utf16 = sniffUtf16(head);
  if (utf16 !== undefined) return { encoding: utf16, bomBytes: 0 };
  const whole = head.subarray(0, head.length - cutOffBytes(head));
  return { encoding: isUtf8(whole) ? 'utf-8' : 'latin1', bomBytes: 0 };
}

/** In UTF-16, line ends, delimiters and digits have a zero byte in every language: more than 1 in 4. */
function sniffUtf16(head: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  const pairs = Math.floor(head.length / 2);
  if (pairs < 2) return undefined;
  let even = 0;
  let odd = 0;
  for (let at = 0; at < pairs * 2; at += 2) {
    if (head[at] === 0) even += 1;
    if (head[at + 1] === 0) odd += 1;
  }
  if (odd > pairs / 4 && even === 0) return 'utf-16le';
  if (even > pairs / 4 && odd === 0) return 'utf-16be';
  return undefined;
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

/** The chunks as UTF-8 without a byte order mark. */
export async function* toUtf8(chunks: AsyncGenerator<Buffer>, facts: EncodingFacts): AsyncGenerator<Buffer> {
  if (facts.encoding === 'utf-8') {
    let skip = facts.bomBytes;
    for await (const chunk of chunks) {
      const from = Math.min(skip, chunk.length);
      skip -= from;
      if (chunk.length > from) yield chunk.subarray(from);
    }
    return;
  }
  const decoder = new TextDecoder(facts.encoding === 'latin1' ? 'windows-1252' : facts.encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }), 'utf8');
  const last = decoder.decode();
  if (last !== '') yield Buffer.from(last, 'utf8');
}
