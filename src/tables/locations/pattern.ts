/** Whether a path or key is a pattern: `*` matches any part of a name, `**` any folders, `?` one character. */
export function isPattern(path: string): boolean {
  return /[*?]/.test(path);
}

/** The folders before the first wildcard, with a slash at the end (or empty), and the rest of the pattern. */
export function splitPattern(pattern: string): { base: string; rest: string } {
  const wildcard = pattern.search(/[*?]/);
  const slash = pattern.lastIndexOf('/', wildcard === -1 ? pattern.length : wildcard);
  return { base: pattern.slice(0, slash + 1), rest: pattern.slice(slash + 1) };
}

/** A matcher of whole paths below a pattern's base. */
export function patternMatcher(pattern: string): (path: string) => boolean {
  const source = pattern.replaceAll(/\*\*\/|\*\*|[*?]|[^*?]+/g, (part) => {
    if (part === '**/') return '(?:[^/]+/)*';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  });
  const whole = new RegExp(`^${source}$`, 'su');
  return (path) => whole.test(path);
}

/** A larger listing is a mistake, or must be made smaller. */
export const MAX_FILES = 10_000;

/** Sorts by name, in the order of UTF-16 code units: the same order on every machine. */
export function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
