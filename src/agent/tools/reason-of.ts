/** The message of an error, with that of its cause: `fetch failed` alone says nothing. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const under = thrown.cause instanceof Error ? ` (${reasonOf(thrown.cause)})` : '';
  return `${thrown.message.replace(/\.$/, '')}${under}`;
}
