const UNKNOWN = 'unknown';

/** A number with thousands separated and at most one decimal: `12,345`, `12.5`; below 1 two digits: `0.035`. */
export function count(value: number): string {
  const size = Math.abs(value);
  const places = size === 0 || size >= 1 ? 1 : Math.min(100, 1 - Math.floor(Math.log10(size)));
  return separated(value.toFixed(places).replace(/\.?0+$/, ''));
}

/** Separates the thousands of a decimal. `Intl` does it too, but the first use of it takes 11 ms of a start. */
function separated(decimal: string): string {
  return decimal.replace(/(?<!\..*)\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 row`, `2 rows`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** The smallest amount of money that is written as a number. */
const LEAST_USD = 1e-9;

/**
 * Dollars with as many decimals as the amount needs: `$1,234.50`, `$0.1234`, `$0.00002`. An amount that is not zero is
 * never written as zero; null is unknown.
 */
export function dollars(amount: number | null): string {
  if (amount === null || !Number.isFinite(amount)) return UNKNOWN;
  if (amount === 0) return '$0';
  if (amount < 0) return `-${dollars(-amount)}`;
  const least = decimals(LEAST_USD, 9);
  const written = amountOf(amount);
  return Number(written.replaceAll(',', '')) < LEAST_USD ? `<$${least}` : `$${written}`;
}

function amountOf(amount: number): string {
  if (amount >= 1) return separated(amount.toFixed(2));
  if (amount >= 0.01) return decimals(amount, 4);
  // At least two significant digits.
  const leading = Math.max(0, -Math.floor(Math.log10(amount)) - 1);
  return decimals(amount, Math.min(9, Math.max(6, leading + 2)));
}

/** Removes trailing zeros after the second decimal. */
function decimals(amount: number, most: number): string {
  return amount.toFixed(most).replace(/(\.\d\d\d*?)0+$/, '$1');
}

/** Seconds in words: `40 ms`, `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`; null is unknown. Rounding carries. */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return UNKNOWN;
  if (seconds < 0) return `-${duration(-seconds)}`;
  const ms = Math.round(seconds * 1000);
  if (ms < 100) return `${ms} ms`;
  const tenths = Math.round(seconds * 10) / 10;
  if (tenths < 10) return `${tenths} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return parts([Math.floor(whole / 60), 'min'], [whole % 60, 's']);
  const minutes = Math.round(seconds / 60);
  return parts([Math.floor(minutes / 60), 'h'], [minutes % 60, 'min']);
}

function parts([large, largeUnit]: [number, string], [small, smallUnit]: [number, string]): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** The bytes of a gigabyte, in every variable, limit and figure. */
export const GIGABYTE = 1e9;

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in the usual decimal units: `999 B`, `1.7 kB`, `4 GB`, `25 MB`; null is unknown. */
export function bytes(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return UNKNOWN;
  let scaled = value;
  let at = 0;
  while (Math.round(scaled) >= 1000 && at < BYTE_UNITS.length - 1) {
    scaled /= 1000;
    at += 1;
  }
  const tenths = Math.round(scaled * 10) / 10;
  return `${tenths < 10 ? tenths : Math.round(scaled)} ${BYTE_UNITS[at]}`;
}
