/** The maximum size of the kept text of a malformed record. */
export const MAX_TEXT_BYTES = 64 * 1024;

/** U+FFFD in UTF-8: what bytes became that did not decode. */
const REPLACEMENT = Buffer.from('\u{fffd}', 'utf8');

/** Whether a text that was decoded from another encoding than UTF-8 holds bytes that did not decode. */
export function holdsReplacement(bytes: Buffer): boolean {
  return bytes.includes(REPLACEMENT);
}
