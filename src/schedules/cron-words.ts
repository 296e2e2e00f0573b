/** The months and the weekdays, as expressions number and name them. */
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November'],
  'December',
];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** The expressions that the names stand for. */
const NAMED: { [name: string]: string } = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/**
 * A valid cron expression in words: "At 02:00 every day". null for one of the rarer forms (`L`, `W`, `#`, steps of a
 * range), which only its times explain.
 */
export function cronInWords(cron: string): string | null {
  const parts = (NAMED[cron.trim().toLowerCase()] ?? cron).trim().toUpperCase().replaceAll('?', '*').split(/\s+/);
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = parts;
  const time = timeWords(minute, hour);
  const date = dateWords({ day, month, weekday }, time?.isOften ?? false);
  return time === null || date === null ? null : `${time.text}${date}`;
}

function timeWords(minute: string, hour: string): { text: string; isOften: boolean } | null {
  const [minutes, hours] = [numbersOf(minute), numbersOf(hour)];
  if (minutes !== null && hours !== null && minutes.length * hours.length <= 6) {
    const times = hours.flatMap((h) => minutes.map((m) => `${padded(h)}:${padded(m)}`));
    return { text: `At ${listed(times)}`, isOften: false };
  }
  const within = hourWords(hour);
  if (within === null) return null;
  const step = stepOf(minute);
  if (minute === '*' || step !== null) {
    const text = step === null || step === 1 ? 'Every minute' : `Every ${step} minutes`;
    return { text: `${text}${within.of}`, isOften: true };
  }
  if (minutes === null) return null;
  const at = minutes.length === 1 && minutes[0] === 0 ? '' : ` at ${listed(minutes.map((m) => `:${padded(m)}`))}`;
  return { text: `${within.each}${at}`, isOften: true };
}

/** The hours, as part of a sentence about minutes (`of`), and as its head (`each`). */
function hourWords(hour: string): { of: string; each: string } | null {
  const step = stepOf(hour);
  if (hour === '*' || step === 1) return { of: '', each: 'Every hour' };
  if (step !== null) return { of: ` of every ${ordinal(step)} hour`, each: `Every ${step} hours` };
  const range = /^(\d+)-(\d+)$/.exec(hour);
  if (range !== null) {
    const [from, to] = [padded(Number(range[1])), padded(Number(range[2]))];
    return { of: ` from ${from}:00 to ${to}:59`, each: `Every hour from ${from} to ${to}` };
  }
  const hours = numbersOf(hour);
  if (hours === null) return null;
  const names = listed(hours.map((h) => `${padded(h)}:00`));
  return { of: ` of the hour from ${names}`, each: `In the hour from ${names}` };
}

function dateWords(date: { day: string; month: string; weekday: string }, isOften: boolean): string | null {
  const months = date.month === '*' ? '' : named(date.month, MONTHS, 1);
  const weekdays = date.weekday === '*' ? '' : named(date.weekday, DAYS, 0);
  const days = dayWords(date.day);
  if (months === null || weekdays === null || days === null) return null;
  const of = months === '' ? '' : ` in ${months}`;
  if (days !== '' && weekdays !== '') return ` on ${days} of the month, and on each ${weekdays}${of}`;
  if (days !== '') return ` on ${days} of ${months === '' ? 'each month' : months}`;
  if (weekdays !== '') return `${weekdays.includes(' to ') ? ',' : ' on'} ${weekdays}${of}`;
  return isOften ? of : ` every day${of}`;
}

function dayWords(day: string): string | null {
  if (day === '*') return '';
  const step = stepOf(day);
  if (step !== null) return step === 1 ? '' : `every ${ordinal(step)} day`;
  const range = /^(\d+)-(\d+)$/.exec(day);
  if (range !== null) return `the ${ordinal(Number(range[1]))} to the ${ordinal(Number(range[2]))}`;
  const days = numbersOf(day);
  return days === null ? null : `the ${listed(days.map(ordinal))}`;
}

/** Months or weekdays by their names: a list or a range. */
function named(part: string, names: readonly string[], first: number): string | null {
  const one = (text: string): string | undefined =>
    /^\d+$/.test(text)
      ? names[Number(text) - first]
      : names.find((name) => text.length === 3 && name.toUpperCase().startsWith(text));
  const range = part.split('-').map(one);
  if (range.length === 2 && range.every((name) => name !== undefined)) return range.join(' to ');
  const list = part.split(',').map(one);
  return list.every((name) => name !== undefined) ? listed(list) : null;
}

function numbersOf(part: string): number[] | null {
  return /^\d+(,\d+)*$/.test(part) ? part.split(',').map(Number) : null;
}

function stepOf(part: string): number | null {
  const [, step] = /^\*\/(\d+)$/.exec(part) ?? [];
  return step === undefined ? null : Number(step);
}

function padded(number: number): string {
  return String(number).padStart(2, '0');
}

function ordinal(number: number): string {
  const tens = number % 100;
  const ending = tens > 10 && tens < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th');
  return `${number}${ending}`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
