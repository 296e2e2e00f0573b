import { isUtf8 } from 'node:buffer';

/** The maximum size of the kept text of a malformed record. */
export const MAX_TEXT_BYTES = 64 * 1024;

const windows1252 = new TextDecoder('windows-1252');

/** Bytes as text: as UTF-8 if they are valid UTF-8, otherwise as windows-1252, which can read any byte. */
export function decodeText(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : windows1252.decode(bytes);
}

/** The same text as UTF-8. */
export function mendUtf8(bytes: Buffer): Buffer {
  return isUtf8(bytes) ? bytes : Buffer.from(windows1252.decode(bytes), 'utf8');
}
