/** The time zone of the reader. */
export const READER_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The time zones that a browser knows, the reader's own and UTC included. */
export function knownZones(): string[] {
  return [...new Set([...Intl.supportedValuesOf('timeZone'), READER_ZONE, 'UTC'])].toSorted();
}

/** Mon 30 Nov, 02:00, in a time zone. */
export function formatInZone(at: string, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    timeZone,
  });
  return format.format(new Date(at));
}
