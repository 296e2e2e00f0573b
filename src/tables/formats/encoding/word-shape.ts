const SCRIPTS: readonly { name: string; pattern: RegExp }[] = [
  { name: 'latin', pattern: /\p{Script=Latin}/u },
  { name: 'cyrillic', pattern: /\p{Script=Cyrillic}/u },
  { name: 'greek', pattern: /\p{Script=Greek}/u },
  { name: 'hebrew', pattern: /\p{Script=Hebrew}/u },
  { name: 'arabic', pattern: /\p{Script=Arabic}/u },
  { name: 'thai', pattern: /\p{Script=Thai}/u },
];
const LETTER = /\p{L}/u;
const UPPER = /\p{Lu}/u;
const LOWER = /\p{Ll}/u;
const SIGN = /\p{S}|\p{N}|[§¶‚„†‡…‰]/u;

/** What a text in the wrong encoding shows: signs inside words, mixed scripts, capitals inside words, controls. */
export interface WordShape {
  /** Characters beyond ASCII. */
  characters: number;
  /** Number of characters beyond ASCII that can hardly stand where they stand, weighted. */
  faults: number;
  /** The script of most letters beyond ASCII; `other` for those of East Asia and the rest. */
  script: string;
}

/** Measures how much a decoded text looks like words. Independent of any language. */
export function wordShape(text: string): WordShape {
  const scripts = new Map<string, number>();
  let characters = 0;
  let faults = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) < 128) continue;
    const here = text[at] ?? '';
    characters += 1;
    faults += faultOf(here, text[at - 1] ?? ' ', text[at + 1] ?? ' ');
    if (LETTER.test(here)) scripts.set(scriptOf(here), (scripts.get(scriptOf(here)) ?? 0) + 1);
  }
  const [most] = [...scripts].sort(([, a], [, b]) => b - a);
  return { characters, faults, script: most?.[0] ?? 'other' };
}

function faultOf(here: string, before: string, after: string): number {
  const code = here.charCodeAt(0);
  // Controls, the replacement character, and private use: no text of people has them.
  if (code < 0xa0 || code === 0xfffd || (code >= 0xe000 && code < 0xf900)) return 3;
  const afterLetter = LETTER.test(before);
  const beforeLetter = LETTER.test(after);
  if (LETTER.test(here)) {
    if ((afterLetter && mixed(before, here)) || (beforeLetter && mixed(here, after))) return 1;
    if (UPPER.test(here) && LOWER.test(before)) return 1;
    if (LOWER.test(here) && UPPER.test(after) && !LOWER.test(before)) return 1;
    // Half-width katakana, which other encodings of East Asia turn into.
    return code >= 0xff61 && code <= 0xff9f ? 0.3 : 0;
  }
  // An apostrophe stands in or after a word.
  if (here === '’' && beforeLetter && !afterLetter) return 0.5;
  if (!SIGN.test(here)) return 0;
  return afterLetter && beforeLetter ? 1 : afterLetter || beforeLetter ? 0.5 : 0;
}

/** Whether two letters are of scripts that one word does not mix. */
function mixed(a: string, b: string): boolean {
  const [one, other] = [scriptOf(a), scriptOf(b)];
  return one !== other && one !== 'other' && other !== 'other';
}

function scriptOf(letter: string): string {
  if (letter.charCodeAt(0) < 128) return 'latin';
  return SCRIPTS.find(({ pattern }) => pattern.test(letter))?.name ?? 'other';
}
