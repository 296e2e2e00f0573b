/** A time in milliseconds since 1970 as ISO 8601 in UTC; null where there is none. */
export function isoTime<At extends number | null>(at: At): At extends null ? null : string {
  return (at === null ? null : new Date(at).toISOString()) as At extends null ? null : string;
}
