/** The message of an error, with the one that lies under it: `fetch failed` says nothing. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const under = thrown.cause instanceof Error ? ` (${reasonOf(thrown.cause)})` : '';
  return `${thrown.message.replace(/\.$/, '')}${under}`;
}
