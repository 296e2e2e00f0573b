import { TextDecoder } from '@exodus/bytes/encoding.js';
import { detectAll } from 'jschardet';
import { encodingOf } from '../../reading.ts';
import { type WordShape, wordShape } from './word-shape.ts';

/** One encoding that a text may have, and how the first text that tells it from others reads in it. */
export interface Candidate {
  encoding: string;
  excerpt: string;
}

/** `confidence` is from 0 to 1; below {@link SURE} nothing may be read without being asked. */
export interface LegacyGuess {
  encoding: string;
  confidence: number;
  /** Other readings of the same bytes, the likeliest first, this one included. */
  candidates: Candidate[];
}

/** The least confidence with which a table is read without being asked. */
export const SURE = 0.5;

/** The detector's names where the WHATWG list has others. */
const NAMES: Readonly<Record<string, string>> = {
  cp949: 'euc-kr',
  cp932: 'shift_jis',
  cp874: 'windows-874',
  macroman: 'macintosh',
  maccyrillic: 'x-mac-cyrillic',
};

const LF = 10;
const CR = 13;

const MULTI_BYTE = ['gb18030', 'big5', 'euc-kr', 'shift_jis', 'euc-jp'];
/** Those of which some bytes are not assigned. */
const SINGLE_BYTE = [...['0', '1', '2', '3', '4', '5', '7'].map((n) => `windows-125${n}`), 'windows-874', 'iso-8859-7'];
/** The share of lines that must be sound. */
const MOST_LINES = 0.7;

/** Readable, but hardly ever met: they would only cast doubt on the others. */
const RARE = /^iso-8859-(3|4|10|13|14|16)$/;

/** Text that is looked at. The detector itself needs about 15 ms for 64 KiB. */
const LOOKED_AT_BYTES = 64 * 1024;
/** Outside the Latin script, fewer characters than this decide nothing. */
const FEWEST_CHARACTERS = 30;
const MOST_CANDIDATES = 4;

interface Reading extends WordShape {
  encoding: string;
  text: string;
  score: number;
}

/**
 * Guesses the encoding of text that is not Unicode. The library's model of languages ranks the encodings; a reading
 * with faults inside words loses. Encodings that read the text alike are one. What counts is the distance to the next
 * reading, over the number of characters that show it. Measured on tables of 60 to 20,000 bytes in 38 pairs of language
 * and encoding: nothing wrong was sure.
 */
export function guessLegacyEncoding(sample: Buffer): LegacyGuess | undefined {
  const lines = linesBeyondAscii(sample);
  const readings = readingsOf(lines);
  const [top, ...others] = readings;
  if (top === undefined) return undefined;
  const rivals = others.filter(({ text }, at) => readings.findIndex((one) => one.text === text) === at + 1);
  const enough = top.score > 0 && (top.script === 'latin' || top.characters >= FEWEST_CHARACTERS);
  const evidence = Math.min(...rivals.map((rival) => evidenceAgainst(rival, top)));
  const confidence = enough ? 1 - Math.exp(-1.16 * evidence) : 0;
  const shown = [top, ...rivals].slice(0, MOST_CANDIDATES);
  return { encoding: top.encoding, confidence, candidates: shown.map((one) => candidateOf(one, shown)) };
}

/**
 * By how much a reading is better than another, over the number of characters that show it: by its rank, or by the faults
 * at the characters in which the two differ. 0.6 is just enough.
 */
function evidenceAgainst(rival: Reading, top: Reading): number {
  const byRank = ((top.score - rival.score) / top.score) * Math.sqrt(top.characters);
  const differing = differingCharacters(rival.text, top.text);
  const byFaults = differing === 0 ? 0 : (rival.faults - top.faults) / Math.sqrt(differing);
  return Math.max(byRank, byFaults);
}

function differingCharacters(a: string, b: string): number {
  // Encodings of several bytes shift the characters; their rank decides.
  if (a.length !== b.length) return 0;
  let count = 0;
  for (let at = 0; at < a.length; at += 1) if (a.charCodeAt(at) !== b.charCodeAt(at)) count += 1;
  return count;
}

function readingsOf(lines: Buffer[]): Reading[] {
  const whole = Buffer.concat(lines);
  const scores = new Map<string, number>();
  for (const [encoding, confidence] of rank(whole)) scores.set(encoding, confidence);
  for (const [encoding, sound] of soundParts(lines)) {
    const confidence = rank(Buffer.concat(sound)).get(encoding) ?? 0;
    scores.set(encoding, Math.max(confidence, scores.get(encoding) ?? 0));
  }
  const readings = [...scores].map(([encoding, confidence]): Reading => {
    const text = new TextDecoder(encoding).decode(whole);
    const shape = wordShape(text);
    const score = confidence * Math.max(0, 1 - (2 * shape.faults) / Math.max(1, shape.characters));
    return { encoding, text, score, ...shape };
  });
  return preferCommon(readings.sort((a, b) => b.score - a.score));
}

/** The library's ranking of the encodings that can be read. */
function rank(bytes: Buffer): Map<string, number> {
  const found = new Map<string, number>();
  for (const { encoding: shown, confidence } of detectAll(bytes)) {
    const name = shown?.toLowerCase() ?? '';
    const encoding = encodingOf(NAMES[name] ?? name);
    if (encoding === undefined || RARE.test(encoding) || encoding.startsWith('utf-')) continue;
    if (!found.has(encoding)) found.set(encoding, confidence ?? 0);
  }
  return found;
}

/**
 * For each encoding that most lines are sound in, but not all: its sound lines. The library drops an encoding at the
 * first byte that does not decode, be it one damaged character, or a Korean syllable that only windows-949 has.
 */
function soundParts(lines: Buffer[]): [encoding: string, sound: Buffer[]][] {
  const parts: [string, Buffer[]][] = [
    ...MULTI_BYTE.map((encoding): [string, Buffer[]] => [encoding, lines.filter(isSoundFor(encoding))]),
    ...SINGLE_BYTE.map((encoding): [string, Buffer[]] => [encoding, lines.filter(isAssignedIn(encoding))]),
  ];
  return parts.filter(([, sound]) => sound.length < lines.length && sound.length >= lines.length * MOST_LINES);
}

/** The runtime's strict decoder is the one that the library uses. */
function isSoundFor(encoding: string): (line: Buffer) => boolean {
  const strict = new globalThis.TextDecoder(encoding, { fatal: true });
  return (line) => {
    try {
      strict.decode(line);
      return true;
    } catch {
      return false;
    }
  };
}

/** Bytes that an encoding does not assign are controls in the WHATWG list, or U+FFFD. */
function isAssignedIn(encoding: string): (line: Buffer) => boolean {
  const decoder = new TextDecoder(encoding);
  return (line) => !/[\u0080-\u009f\ufffd]/.test(decoder.decode(line));
}

/** Of encodings that read the text alike, the one that covers the most comes first: its name is what people know. */
function preferCommon(readings: Reading[]): Reading[] {
  const top = readings[0];
  const common = readings.find(({ text, encoding }) => text === top?.text && /^(windows-|gb18030)/.test(encoding));
  return common === undefined ? readings : [common, ...readings.filter((one) => one !== common)];
}

/** The lines with a byte beyond ASCII: ASCII tells nothing about an encoding, and dilutes what tells. */
function linesBeyondAscii(sample: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let length = 0;
  for (let start = 0; start < sample.length && length < LOOKED_AT_BYTES; ) {
    const end = endOfLine(sample, start);
    const line = sample.subarray(start, Math.min(end, start + LOOKED_AT_BYTES - length));
    if (line.some((byte) => byte > 127)) {
      lines.push(line);
      length += line.length;
    }
    start = end;
  }
  return lines;
}

function endOfLine(bytes: Buffer, start: number): number {
  for (let at = start; at < bytes.length; at += 1) if (bytes[at] === LF || bytes[at] === CR) return at + 1;
  return bytes.length;
}

/** A few words from where the readings differ. */
function candidateOf({ encoding, text }: Reading, all: readonly Reading[]): Candidate {
  let at = 0;
  while (at < text.length && all.every((other) => other.text[at] === text[at])) at += 1;
  const start = Math.max(text.lastIndexOf('\n', at), text.lastIndexOf(',', at), at - 20) + 1;
  const excerpt = text.slice(start, start + 24).split(/[\r\n]/)[0] ?? '';
  return { encoding, excerpt: excerpt.replaceAll('"', '').replaceAll(/\p{C}/gu, '\u{fffd}') };
}
