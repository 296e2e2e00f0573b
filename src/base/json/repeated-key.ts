/** The first key, as written, that one object of valid JSON has twice: of both values only the last one is read. */
export function repeatedKey(text: string): string | undefined {
  const objects: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '{') objects.push(new Set());
    else if (char === '[') objects.push(undefined);
    else if (char === '}' || char === ']') objects.pop();
    if (char !== '"') continue;
    const end = stringEnd(text, at);
    if (nextChar(text, end) === ':') {
      const raw = text.slice(at, end);
      const key = JSON.parse(raw) as string;
      const keys = objects.at(-1);
      if (keys?.has(key)) return raw;
      keys?.add(key);
    }
    at = end - 1;
  }
  return undefined;
}

/** The end of the string that begins at `start`; the length of the text if the string has no end. */
export function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function nextChar(text: string, from: number): string | undefined {
  let at = from;
  while (at < text.length && /\s/.test(text[at] ?? '')) at += 1;
  return text[at];
}
