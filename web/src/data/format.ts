const locale = navigator.language;
const whole = new Intl.NumberFormat('en-US');
const cents = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
const fine = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', minimumFractionDigits: 4 });
const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const second = new Intl.DateTimeFormat(locale, { timeStyle: 'medium', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });

/** 12,480 */
export function formatCount(count: number): string {
  return whole.format(count);
}

/**
 * $118.42, or $0.0142 with four decimals, as a row's cost is written. null is the word "unknown", never $0.00, and neither
 * is a small amount.
 */
export function formatMoney(usd: number | null, decimals: 2 | 4 = 2): string {
  if (usd === null) return 'unknown';
  const least = 10 ** -decimals;
  if (usd > 0 && usd < least / 2) return `< ${(decimals === 2 ? cents : fine).format(least)}`;
  return (decimals === 2 ? cents : fine).format(usd);
}

/** $0.04, $220, $1.3k: at most five characters. */
export function formatShort(usd: number): string {
  if (usd < 10) return usd > 0 && usd < 0.005 ? '<$0.01' : cents.format(usd);
  if (usd < 1000) return `$${Math.round(usd)}`;
  return usd < 10_000 ? `$${(usd / 1000).toFixed(1)}k` : `$${Math.round(usd / 1000)}k`;
}

/** about $31, or < $0.01. */
export function formatAbout(usd: number | null, decimals: 2 | 4 = 2): string {
  const money = formatMoney(usd, decimals);
  return /^\$/.test(money) ? `about ${money}` : money;
}

/** $27–$36; below ten dollars with cents. What rounds to nothing is < $0.01, and a range from there is "up to". */
export function formatRange(low: number, high: number): string {
  if (low < 0.005) return high < 0.005 ? formatMoney(high) : `up to ${cents.format(high)}`;
  const money = (usd: number) => (high < 10 ? cents.format(usd) : `$${whole.format(Math.round(usd))}`);
  return money(low) === money(high) ? money(low) : `${money(low)}–${money(high)}`;
}

/** 66.3 %; never 100 % or 0 % unless it is exact. Write its count beside it. */
export function formatShare(share: number): string {
  const cut = Math.floor(share * 1000) / 10;
  return `${share > 0 && cut === 0 ? '< 0.1' : cut % 1 === 0 ? cut.toFixed(0) : cut.toFixed(1)} %`;
}

/** 40 min, 5 h 10 min, 11 s, 3 d 4 h. */
export function formatDuration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** 0.04 s, 1.8 s, and from ten seconds on as {@link formatDuration} writes them. */
export function formatSeconds(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(seconds < 1 ? 2 : 1)} s` : formatDuration(seconds);
}

/** 14:41, in the zone of the reader. */
export function formatTime(at: string | number): string {
  return clock.format(new Date(at));
}

/** 13:24:05, in the zone of the reader. */
export function formatSecond(at: string | number): string {
  return second.format(new Date(at));
}

/** today 13:24, yesterday 09:10, 21 Nov 18:30, 21 Nov 2025; in the zone of the reader. */
export function formatWhen(at: string | number, now: number = Date.now()): string {
  const date = new Date(at);
  const time = clock.format(date);
  const days = Math.round((startOfDay(now) - startOfDay(date.getTime())) / 86_400_000);
  if (days === 0) return `today ${time}`;
  if (days === 1) return `yesterday ${time}`;
  if (days === -1) return `tomorrow ${time}`;
  return date.getFullYear() === new Date(now).getFullYear() ? `${day.format(date)} ${time}` : dayOfYear.format(date);
}

/** 13:24 of today; another day as {@link formatWhen} writes it. */
export function formatBrief(at: string | number): string {
  return formatWhen(at).replace(/^today /, '');
}

/** 6.7, or 412: how often something happens. */
export function formatRate(rate: number): string {
  return formatCount(rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate));
}

/** The whole time with its zone, for titles. */
export function formatExact(at: string | number): string {
  return exact.format(new Date(at));
}

/** 1.4 MB, 4 GB */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : Math.round(value * 10) / 10} ${units[step]}`;
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
