import leven from 'leven';
import { PARAM_PREFIX } from './param-prefix.ts';

/** A piece of a prompt: text, or a token that names something. */
export interface PromptPiece {
  text: string;
  /** The name inside the braces; undefined for text. */
  name?: string;
  /** Where it begins. */
  at: number;
}

/** A token that names nothing that is there. */
export interface UnknownToken {
  name: string;
  at: number;
  /** From 1. */
  line: number;
  /** The name that is most alike; undefined when none is. */
  near: string | undefined;
  /** It is a column, but ignored. */
  isIgnored: boolean;
}

/** `\{`, `${name}`, `{{ name }}` or `{name}`, as the service reads a prompt. */
const BRACES = /\\\{[^{}\r\n]*|\$\{[^{}\r\n]*\}|\{\{ *([^{}\r\n]*?) *\}\}|\{([^{}\r\n]+)\}/gu;
const NAME = /^[\p{L}\p{N}_]([\p{L}\p{M}\p{N} _.,()/&#%+'-]*[\p{L}\p{M}\p{N}_.)#%+])?$/u;

/** Cuts a prompt into texts and tokens. In single braces, only a known name is one. */
export function promptPieces(prompt: string, known: readonly string[]): PromptPiece[] {
  const names = new Set(known);
  const pieces: PromptPiece[] = [];
  let from = 0;
  for (const { 0: text, 1: double, 2: single, index: at } of prompt.matchAll(BRACES)) {
    const name = double ?? single;
    if (name === undefined || !(names.has(name) || NAME.test(name))) continue;
    if (at > from) pieces.push({ text: prompt.slice(from, at), at: from });
    pieces.push({ text, name, at });
    from = at + text.length;
  }
  if (from < prompt.length) pieces.push({ text: prompt.slice(from), at: from });
  return pieces;
}

/** The names that a prompt's tokens have, each once. */
export function namesIn(prompt: string, known: readonly string[]): string[] {
  return [...new Set(promptPieces(prompt, known).flatMap(({ name }) => (name === undefined ? [] : [name])))];
}

/** The column or param that a name stands for; undefined when there is none. A name may go on as a path of keys. */
export function meaningOf(name: string, known: readonly string[]): string | undefined {
  if (known.includes(name)) return name;
  const isParam = name.startsWith(PARAM_PREFIX);
  return known.find((one) => name.startsWith(`${one}.`) || (isParam && one.startsWith(`${name}.`)));
}

/** The tokens of a prompt that name nothing. */
export function unknownTokens(
  prompt: string,
  { known, ignored }: { known: readonly string[]; ignored: readonly string[] },
): UnknownToken[] {
  return promptPieces(prompt, known).flatMap(({ name, at }) => {
    if (name === undefined || meaningOf(name, known) !== undefined) return [];
    const line = prompt.slice(0, at).split('\n').length;
    return [{ name, at, line, near: nearest(name, known), isIgnored: ignored.includes(name) }];
  });
}

/** The prompt with every token of one name renamed. */
export function renameToken(prompt: string, from: string, to: string, known: readonly string[]): string {
  return promptPieces(prompt, [...known, from])
    .map(({ text, name }) => {
      if (name === undefined) return text;
      if (name === from) return `{{${to}}}`;
      return name.startsWith(`${from}.`) ? `{{${to}${name.slice(from.length)}}}` : text;
    })
    .join('');
}

const MOST_DISTANCE = 0.4;

function nearest(name: string, candidates: readonly string[]): string | undefined {
  const scored = candidates.map((one) => ({ one, distance: leven(name.toLowerCase(), one.toLowerCase()) }));
  scored.sort((a, b) => a.distance - b.distance);
  const [best] = scored;
  return best !== undefined && best.distance <= Math.max(2, name.length * MOST_DISTANCE) ? best.one : undefined;
}
