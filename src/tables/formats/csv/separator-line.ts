/** Any ASCII sign that is no letter, digit, quote or blank; Excel takes the same. */
const SEPARATOR_LINE = /^sep=([\t!#-&(-/:-@[-`{-~])(?:\r\n|\n|\r)/i;

/** The first line by which a file tells Excel its delimiter: `sep=;`. It is no header. */
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

/** How long such a line is at most. */
export const SEPARATOR_LINE_BYTES = 'sep=;\r\n'.length;
