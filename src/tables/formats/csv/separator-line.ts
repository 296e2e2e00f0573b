/** Any ASCII character that is not a letter, digit, quote or space; Excel accepts the same. */
const SEPARATOR_LINE = /^sep=([\t!#-&(-/:-@[-`{-~])(?:\r\n|\n|\r)/i;

/** A first line that names a file's delimiter for Excel: `sep=;`. It is not the header. */
export interface SeparatorLine {
  delimiter: string;
  /** In bytes, its line end included. */
  length: number;
}

/** @param start the first bytes of a file, without a byte order mark; {@link SEPARATOR_LINE_BYTES} are enough */
export function separatorLineOf(start: string): SeparatorLine | undefined {
  const found = SEPARATOR_LINE.exec(start);
  return found?.[1] === undefined ? undefined : { delimiter: found[1], length: found[0].length };
}

/** The maximum length of such a line. */
export const SEPARATOR_LINE_BYTES = 'sep=;\r\n'.length;
