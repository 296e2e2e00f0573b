/**
 * A number of JSON that a JavaScript number cannot hold: an integer beyond 2^53 that would be rounded, or a number
 * beyond the range. JSON.stringify writes its digits, as a number; text made of it has its digits.
 *
 * It is a class because that is what survives: a value of JSON that is copied by reference keeps its digits through
 * every JSON.stringify. A structured clone loses it, so text must be passed to another thread.
 */
export class ExactNumber {
  /** As written in the JSON. */
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }

  toJSON(): unknown {
    return rawJson(this.digits);
  }

  toString(): string {
    return this.digits;
  }
}

/** The types of `JSON.rawJSON` are not in TypeScript's library yet. In V8 since 11.4. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };

/** Digits that may be too many for a number, and exponents that may be beyond its range. */
const MAY_BE_LONG = /(?<![.\d])\d{16}|\de\+?\d{3}/i;
/** The same only where a number of JSON may begin. One of six hexadecimal ids has such a part: `6b1e0378…`. */
const IS_NUMBER = /(?<![^\s,:[])-?(?:\d{16}|\d[\d.]*e\+?\d{3})/i;

/**
 * `JSON.parse` that loses no digit of an integer: a number that a JavaScript number cannot hold is an {@link ExactNumber}.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  // The reviver makes parsing several times slower, so it is used only for texts that may need it.
  return mayHoldExact(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

/** Whether a JSON text may hold a number for an {@link ExactNumber}: a cheap check that has false alarms. */
export function mayHoldExact(text: string): boolean {
  // The second search takes twice as long, and few texts need it.
  return MAY_BE_LONG.test(text) && IS_NUMBER.test(text);
}

/** The third argument comes from the "JSON.parse source text access" proposal, in V8 since 11.4. */
function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return exactNumber(context.source);
}

/** The number that a JSON number's text means: an {@link ExactNumber} only where a JavaScript number would lose digits. */
export function exactNumber(text: string): number | ExactNumber {
  const value = Number(text);
  if (!Number.isFinite(value)) return new ExactNumber(text);
  // Fractions and exponents are approximations already; an integer is a count or a name.
  const isLossy = Number.isInteger(value) && !Number.isSafeInteger(value) && !/e/i.test(text) && String(value) !== text;
  return isLossy ? new ExactNumber(text) : value;
}

/** The value with the nearest JavaScript number for each exact number; the same value where it has none. */
export function approximate(value: unknown): unknown {
  return replaceExact(value, ({ digits }) => Number(digits));
}

/** The value with the digits of each exact number as text; the same value where it has none. */
export function withDigitsAsText(value: unknown): unknown {
  return replaceExact(value, ({ digits }) => digits);
}

/** The value with each exact number replaced; the same value where it has none. */
export function replaceExact(value: unknown, replace: (exact: ExactNumber) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ExactNumber) return replace(value);
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let index = 0; index < value.length; index += 1) {
      const replaced = replaceExact(value[index], replace);
      if (replaced === value[index]) continue;
      copy ??= [...value];
      copy[index] = replaced;
    }
    return copy ?? value;
  }
  let copy: Record<string, unknown> | undefined;
  for (const [key, part] of Object.entries(value)) {
    const replaced = replaceExact(part, replace);
    if (replaced === part) continue;
    copy ??= { ...(value as Record<string, unknown>) };
    copy[key] = replaced;
  }
  return copy ?? value;
}
