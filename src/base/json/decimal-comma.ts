/** Digits, perhaps in groups of three, and a fraction after a comma. */
const DECIMAL_COMMA = /^[+-]?(\d+|\d{1,3}([.' \u00a0\u202f]\d{3})+)(,\d+)?$/;

/** A number that is written with a decimal comma (`-1.234,50`), as it is written with a point; undefined for other text. */
export function decimalCommaOf(text: string): string | undefined {
  const trimmed = text.trim();
  return DECIMAL_COMMA.test(trimmed) ? trimmed.replaceAll(/[.' \u00a0\u202f]/g, '').replace(',', '.') : undefined;
}
