/** The text, cut to `limit` UTF-16 units with an ellipsis, never inside a surrogate pair. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit - 1);
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** A cell or field for showing: texts and nested JSON beyond `limit` characters are cut with an ellipsis. */
export function shortenValue(value: unknown, limit: number): unknown {
  if (typeof value === 'string') return shorten(value, limit);
  if (typeof value !== 'object' || value === null) return value;
  const text = JSON.stringify(value);
  return text.length <= limit ? value : shorten(text, limit);
}
