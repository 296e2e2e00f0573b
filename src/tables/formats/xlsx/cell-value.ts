import { type ExactNumber, exactNumber } from '../../../base/json/exact-number.ts';
import type { NumberFormat } from './number-formats.ts';

/** Excel's last day, 9999-12-31. */
const LAST_DAY = 2_958_465;
const DAY_MS = 86_400_000;

/**
 * A number as a cell. Integers that a JavaScript number can't hold keep their digits. Dates and times
 * are ISO 8601, without a time zone; durations are `hours:minutes:seconds`; digits with leading zeros are text.
 */
export function numberCell(
  text: string,
  format: NumberFormat,
  epoch: 1900 | 1904,
): string | number | ExactNumber | null {
  const value = Number(text);
  if (text === '' || Number.isNaN(value)) return text === '' ? null : text;
  if (!Number.isFinite(value)) return text;
  switch (format.kind) {
    case 'plain':
      return exactNumber(text);
    case 'digits':
      return digitsText(value, format.pattern) ?? value;
    case 'duration':
      return value < 0 ? value : clockText(Math.round(value * DAY_MS));
    case 'moment':
      return momentText(value, format, epoch) ?? value;
  }
}

function digitsText(value: number, pattern: string): string | undefined {
  const places = pattern.match(/0/g)?.length ?? 0;
  if (!Number.isSafeInteger(value) || value < 0) return undefined;
  const digits = [...String(value).padStart(places, '0')];
  // Digits beyond the pattern stand before its first place.
  let extra = digits.splice(0, digits.length - places).join('');
  return pattern.replace(/0/g, () => {
    const digit = `${extra}${digits.shift() ?? ''}`;
    extra = '';
    return digit;
  });
}

/** ISO 8601; undefined when no calendar has the day. */
function momentText(value: number, shown: { date: boolean; time: boolean }, epoch: 1900 | 1904): string | undefined {
  const ms = Math.round(value * DAY_MS);
  const day = Math.floor(ms / DAY_MS);
  const time = ms - day * DAY_MS;
  if (!shown.date && day === 0) return clockText(time);
  const date = epoch === 1904 ? dateOf1904(day) : dateOf1900(day);
  if (date === undefined) return undefined;
  return shown.time || time > 0 ? `${date}T${clockText(time)}` : date;
}

/** Day 60 is 1900-02-29, which did not exist; Excel counts it for compatibility with Lotus 1-2-3. */
function dateOf1900(day: number): string | undefined {
  if (day < 1 || day > LAST_DAY) return undefined;
  if (day === 60) return '1900-02-29';
  return isoDate(Date.UTC(1899, 11, day < 60 ? 31 : 30) + day * DAY_MS);
}

function dateOf1904(day: number): string | undefined {
  return day < 0 || day > LAST_DAY - 1462 ? undefined : isoDate(Date.UTC(1904, 0, 1) + day * DAY_MS);
}

function isoDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function clockText(ms: number): string {
  const two = (part: number) => String(Math.floor(part)).padStart(2, '0');
  const fraction = ms % 1000 === 0 ? '' : `.${String(ms % 1000).padStart(3, '0')}`;
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}${fraction}`;
}
