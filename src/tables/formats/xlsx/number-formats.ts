/** How a number is shown, as far as its value depends on it. */
export type NumberFormat =
  | { kind: 'plain' }
  /** A moment: `date` and `time` say which parts are shown. */
  | { kind: 'moment'; date: boolean; time: boolean }
  /** A duration that may exceed a day: `[h]:mm:ss`. */
  | { kind: 'duration' }
  /** Digits with leading zeros, such as a postcode: a pattern of `0` and literal characters. */
  | { kind: 'digits'; pattern: string };

const PLAIN: NumberFormat = { kind: 'plain' };
const DATE: NumberFormat = { kind: 'moment', date: true, time: false };
const TIME: NumberFormat = { kind: 'moment', date: false, time: true };
const DATE_TIME: NumberFormat = { kind: 'moment', date: true, time: true };

/** The format of a number, by the id and the code of its style (ECMA-376, 18.8.30 and 18.8.31). */
export function numberFormat(id: number, code: string | undefined): NumberFormat {
  if (code !== undefined) return formatOfCode(code);
  if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id === 36 || (id >= 50 && id <= 58)) return DATE;
  if (id === 22) return DATE_TIME;
  if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || id === 45 || id === 47) return TIME;
  return id === 46 ? { kind: 'duration' } : PLAIN;
}

/** Only the first section counts: it is the one for positive numbers. */
function formatOfCode(code: string): NumberFormat {
  const section = firstSection(code);
  if (/\[(h+|m+|s+)\]/i.test(section)) return { kind: 'duration' };
  // Colours, conditions and locales; quoted and escaped characters; padding.
  const letters = section.replace(/\[[^\]]*\]|"[^"]*"|\\.|_.|\*./g, '').toLowerCase();
  if (/general|[0#?]/.test(letters.replace(/\.0+/g, ''))) return digitsOf(section);
  const withoutHalves = letters.replace(/am\/pm|a\/p/g, 'h');
  const time = /[hs]/.test(withoutHalves);
  const date = /[ydegb]/.test(withoutHalves) || (/m/.test(withoutHalves) && !time);
  return date || time ? { kind: 'moment', date, time } : PLAIN;
}

function firstSection(code: string): string {
  let quoted = false;
  for (let at = 0; at < code.length; at += 1) {
    const character = code[at];
    if (character === '\\' && !quoted) at += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === ';' && !quoted) return code.slice(0, at);
  }
  return code;
}

function digitsOf(section: string): NumberFormat {
  const pattern = section
    .replace(/\[[^\]]*\]/g, '')
    .replace(/"([^"]*)"/g, '$1')
    .replace(/\\(.)/g, '$1');
  const isDigits = /^[0\-/ ()]+$/.test(pattern) && (pattern.match(/0/g)?.length ?? 0) >= 2;
  return isDigits ? { kind: 'digits', pattern } : PLAIN;
}
