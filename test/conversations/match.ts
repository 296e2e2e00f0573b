/**
 * Where `actual` differs from `expected`; nothing when it fits. Objects: the expected fields, others are free. Arrays:
 * the same length, item by item. Strings: `/…/` is a regular expression, others are equal. `{$excludes: text}`: its JSON
 * does not hold the text. `{$any: true}`: anything but null.
 */
export function mismatch(actual: unknown, expected: unknown, path = ''): string | undefined {
  const told = `${path === '' ? 'the value' : path}: ${JSON.stringify(actual)?.slice(0, 1000)} is not ${JSON.stringify(expected)}`;
  if (typeof expected === 'string') {
    const pattern = /^\/(.*)\/([a-z]*)$/s.exec(expected);
    if (pattern === null) return actual === expected ? undefined : told;
    return typeof actual === 'string' && new RegExp(pattern[1] ?? '', pattern[2]).test(actual) ? undefined : told;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return told;
    return first(expected.map((item, index) => mismatch(actual[index], item, join(path, String(index)))));
  }
  if (typeof expected !== 'object' || expected === null) return Object.is(actual, expected) ? undefined : told;
  if ('$excludes' in expected) return JSON.stringify(actual).includes(String(expected.$excludes)) ? told : undefined;
  if ('$any' in expected) return actual === undefined || actual === null ? told : undefined;
  if (typeof actual !== 'object' || actual === null) return told;
  const fields = actual as Record<string, unknown>;
  return first(Object.entries(expected).map(([key, value]) => mismatch(fields[key], value, join(path, key))));
}

function first(faults: (string | undefined)[]): string | undefined {
  return faults.find((fault) => fault !== undefined);
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/** The paths of every string and key in `value` that holds `text`; indices are `*`. */
export function pathsOf(value: unknown, text: string, path = ''): string[] {
  if (typeof value === 'string') return value.includes(text) ? [path] : [];
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, text, join(path, '*')));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    ...(key.includes(text) ? [path] : []),
    ...pathsOf(item, text, join(path, key)),
  ]);
}
