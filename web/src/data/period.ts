/** A period as the address has it: `FROM..TO`; without an end until now. */
export function periodText(from: number, to?: number): string {
  const iso = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');
  return to === undefined ? iso(from) : `${iso(from)}..${iso(to)}`;
}

/** From the begin of a day in UTC until now: sums are kept by UTC days in the end. */
export function dayOf(at: string): string {
  return periodText(new Date(at).setUTCHours(0, 0, 0, 0));
}

/** From the last midnight of the reader until now. */
export function today(): string {
  return periodText(new Date().setHours(0, 0, 0, 0));
}

/** From the first of the month, in the zone of the reader, until now. */
export function thisMonth(): string {
  const now = new Date();
  return periodText(new Date(now.getFullYear(), now.getMonth(), 1).getTime());
}
