/**
 * Workbooks write characters that XML can't hold as `_xHHHH_` (ECMA-376, 22.9.2.19); a literal `_xHHHH_` has its first
 * `_` written as `_x005F_`.
 */
export function unescapeXmlCharacters(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Text as it is given to the writer: what looks like an escaped character is protected, and U+FFFE and U+FFFF are escaped. */
export function protectEscapes(text: string): string {
  if (!/_x|[\ufffe\uffff]/.test(text)) return text;
  return text
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replace(/[\ufffe\uffff]/g, (character) => `_x${character.charCodeAt(0).toString(16).toUpperCase()}_`);
}
