/** Replaces half a character, and every other character that could not be read (U+FFFD). */
export const REPLACEMENT = '\ufffd';

/**
 * The value with every lone surrogate of its texts and keys replaced by U+FFFD; the same value where it has none. A lone
 * surrogate is half a character: text that was cut within an emoji has one at its end. It can't be written as UTF-8,
 * and providers refuse the whole body that holds one.
 */
export function wellFormed<Value>(value: Value): Value {
  return (isWellFormed(value) ? value : replaced(value)) as Value;
}

/** Whether a text of the value, or a key, holds U+FFFD. */
export function holdsReplacement(value: unknown): boolean {
  if (typeof value === 'string') return value.includes(REPLACEMENT);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, part]) => key.includes(REPLACEMENT) || holdsReplacement(part));
}

/** Makes no copy: nearly every value is well formed. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isWellFormed);
  for (const key in value) {
    if (!key.isWellFormed() || !isWellFormed((value as Record<string, unknown>)[key])) return false;
  }
  return true;
}

function replaced(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key.toWellFormed(), wellFormed(part)]));
}
