/** A date or time that a workbook can hold: a date to the millisecond, or a time of day or duration in days. */
export type Moment =
  | { kind: 'date'; value: Date }
  | { kind: 'date-time'; value: Date }
  | { kind: 'time'; value: number };

/** Before this date, day numbers of spreadsheet programs differ. */
const FIRST_MS = Date.UTC(1900, 2, 1);
const DAY_MS = 86_400_000;

/** Reads exactly the forms that reading a workbook gives. Other texts stay text, so that no character is lost. */
export function momentOf(text: string): Moment | undefined {
  if (text.length < 8 || text.length > 23) return undefined;
  if (/^\d{4}-\d\d-\d\d$/.test(text)) {
    const value = dateOf(`${text}T00:00:00.000`);
    return value && { kind: 'date', value };
  }
  const moment = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{3})?$/.exec(text);
  if (moment !== null) {
    const value = moment[2] === '.000' ? undefined : dateOf(`${moment[1]}${moment[2] ?? '.000'}`);
    return value && { kind: 'date-time', value };
  }
  const [, hours, minutes, seconds] = /^(\d\d):([0-5]\d):([0-5]\d)$/.exec(text) ?? [];
  if (hours === undefined) return undefined;
  return { kind: 'time', value: ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) / (DAY_MS / 1000) };
}

/** Undefined for a date that no calendar has, such as February 30. */
function dateOf(text: string): Date | undefined {
  const value = new Date(`${text}Z`);
  const isReal = !Number.isNaN(value.getTime()) && value.toISOString() === `${text}Z`;
  return isReal && value.getTime() >= FIRST_MS ? value : undefined;
}
