import { TextDecoder } from '@exodus/bytes/encoding.js';
import type { EncodingFacts } from './encoding-facts.ts';

/**
 * The chunks as UTF-8 without a byte order mark. UTF-8 itself is passed on as it is. In other encodings, bytes that do
 * not decode become U+FFFD.
 *
 * The decoder is not Node's: of the two-byte sequences, its ICU reads 11,987 of EUC-KR, 9,495 of EUC-JP, 6,793 of Big5
 * and 1,074 of Shift-JIS otherwise than the WHATWG Encoding Standard (Node 26.10), and Node 24.11 lacks ISO-8859-16.
 */
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
  const decoder = new TextDecoder(facts.encoding);
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    if (text !== '') yield Buffer.from(text, 'utf8');
  }
  const last = decoder.decode();
  if (last !== '') yield Buffer.from(last, 'utf8');
}
