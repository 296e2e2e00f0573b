import { jsonrepair } from 'jsonrepair';
import { ExactNumber } from '../../base/json/exact-number.ts';
import type { Json } from '../../protocol/messages.ts';
import { type ExactJson, parseExactJson } from './exact-json.ts';
import { blankLength, opensString, readLooseString } from './loose-string.ts';

/** A key or a scalar value, as it is written in the text. */
type Token = { kind: 'key' | 'string' | 'number'; text: string } | { kind: 'word'; value: boolean | null };

/** One open object or array, and what may come next in it. */
interface Frame {
  closer: '}' | ']';
  expect: 'key' | 'colon' | 'value' | 'comma';
}

interface Reading {
  source: string;
  at: number;
  frames: Frame[];
  tokens: Token[];
  /** The text as read, with every string in JSON's own form. */
  text: string;
}

const WORDS: Readonly<Record<string, boolean | null>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  null: null,
  None: null,
};

/**
 * Reads an object or array that is almost JSON, from `start` to its own end: comments, trailing commas, single and
 * typographic quotes, Python's constants, keys without quotes, line breaks in strings, paired quotes inside strings.
 *
 * Strings are read here, since jsonrepair guesses wrongly at them („…“ as delimiters, lone backslashes, inner quotes before
 * a comma); jsonrepair repairs the text between them. Contract: the result holds every key and value of the text, and nothing
 * else, in order. An ambiguous or unfinished text is not read.
 */
export function readLooseJson(source: string, start: number): { end: number; json: ExactJson } | undefined {
  const reading: Reading = { source, at: start, frames: [], tokens: [], text: '' };
  do {
    if (!step(reading)) return undefined;
  } while (reading.frames.length > 0);
  let repaired: string;
  try {
    repaired = jsonrepair(reading.text);
  } catch {
    // Its error names a position in the rewritten text, not in the model's own text.
    return undefined;
  }
  const json = parseExactJson(repaired);
  if (json === undefined) return undefined;
  if (json.ok && !isFaithful(json.value, reading.tokens)) return undefined;
  return { end: reading.at, json };
}

/** Reads one token, comment or space; false if the text is not understood. */
function step(reading: Reading): boolean {
  const { source, at, frames } = reading;
  const char = source[at];
  if (char === undefined) return false;
  const blank = blankLength(source, at);
  if (blank > 0) return take(reading, blank, ' ');
  const frame = frames.at(-1);
  if (char === '{' || char === '[') return open(reading, frame, char);
  if (frame === undefined) return false;
  if (char === frame.closer) return close(reading, frame);
  if (char === ':' && frame.expect === 'colon') return take(reading, 1, ':', { frame, expect: 'value' });
  if (char === ',' && frame.expect === 'comma') {
    return take(reading, 1, ',', { frame, expect: frame.closer === '}' ? 'key' : 'value' });
  }
  if (frame.expect !== 'key' && frame.expect !== 'value') return false;
  return opensString(char) ? takeString(reading, frame) : takeWord(reading, frame);
}

function take(
  reading: Reading,
  length: number,
  text: string,
  next?: { frame: Frame; expect: Frame['expect'] },
): boolean {
  reading.at += length;
  reading.text += text;
  if (next !== undefined) next.frame.expect = next.expect;
  return true;
}

function open(reading: Reading, frame: Frame | undefined, char: '{' | '['): boolean {
  if (frame !== undefined) {
    if (frame.expect !== 'value') return false;
    frame.expect = 'comma';
  }
  reading.frames.push(char === '{' ? { closer: '}', expect: 'key' } : { closer: ']', expect: 'value' });
  return take(reading, 1, char);
}

/** After a comma an object expects a key and an array a value: an end there is a trailing comma's. */
function close(reading: Reading, frame: Frame): boolean {
  const mayEnd = frame.expect === 'comma' || frame.expect === (frame.closer === '}' ? 'key' : 'value');
  if (!mayEnd) return false;
  reading.frames.pop();
  return take(reading, 1, frame.closer);
}

function takeString(reading: Reading, frame: Frame): boolean {
  const isKey = frame.expect === 'key';
  const read = readLooseString(reading.source, reading.at, isKey ? ':' : `,${frame.closer}`);
  if (read === undefined || (isKey && read.text.includes('\n'))) return false;
  // An array's elements have no keys that would show a wrong split.
  if (read.hasBareQuote && (isKey || frame.closer === ']')) return false;
  reading.tokens.push({ kind: isKey ? 'key' : 'string', text: read.text });
  const expect = isKey ? 'colon' : 'comma';
  return take(reading, read.end - reading.at, JSON.stringify(read.text), { frame, expect });
}

function takeWord(reading: Reading, frame: Frame): boolean {
  const rest = reading.source.slice(reading.at, reading.at + 200);
  if (frame.expect === 'key') {
    const key = /^[\p{L}_$][\p{L}\p{N}_$-]*(?=\s*:)/u.exec(rest)?.[0];
    if (key === undefined) return false;
    reading.tokens.push({ kind: 'key', text: key });
    return take(reading, key.length, JSON.stringify(key), { frame, expect: 'colon' });
  }
  const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?(?=[\s,}\]/#])/i.exec(rest)?.[0];
  if (number !== undefined) {
    reading.tokens.push({ kind: 'number', text: number });
    return take(reading, number.length, number, { frame, expect: 'comma' });
  }
  const word = /^[A-Za-z]+(?=[\s,}\]/#])/.exec(rest)?.[0];
  if (word === undefined || !Object.hasOwn(WORDS, word)) return false;
  reading.tokens.push({ kind: 'word', value: WORDS[word] ?? null });
  return take(reading, word.length, word, { frame, expect: 'comma' });
}

/** Whether the value holds all keys and values of the text, in their order, and nothing else. */
function isFaithful(value: Json, tokens: readonly Token[]): boolean {
  let count = 0;
  const isNext = (fits: (token: Token) => boolean): boolean => {
    const token = tokens[count];
    count += 1;
    return token !== undefined && fits(token);
  };
  const walk = (part: Json): boolean => {
    if (Array.isArray(part)) return part.every(walk);
    if (typeof part === 'object' && part !== null && !(part instanceof ExactNumber)) {
      return Object.entries(part).every(
        ([key, child]) => isNext((token) => token.kind === 'key' && token.text === key) && walk(child),
      );
    }
    return isNext((token) => {
      if (token.kind === 'word') return token.value === part;
      if (token.kind === 'number') return token.text === String(part) || Number(token.text) === part;
      return token.kind === 'string' && token.text === part;
    });
  };
  return walk(value) && count === tokens.length;
}
