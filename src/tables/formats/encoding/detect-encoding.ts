import { AppError } from '../../../base/errors.ts';
import { encodingOf } from '../../reading.ts';
import type { EncodingFacts } from './encoding-facts.ts';
import type { LegacyGuess } from './legacy-encoding.ts';
import { byteOrderMark, utf8Share, utf16WithoutMark } from './unicode.ts';

/** The share of characters beyond ASCII that must be valid for a damaged file to be UTF-8. */
const MOSTLY = 0.8;
/** From this share on, a text holds UTF-8 and something else. Texts of 24 other encodings had at most 0.21. */
const MIXED = 0.35;

/** Before text in ISO-2022-JP, which is otherwise ASCII. */
const JAPANESE_ESCAPES = ['\x1b$@', '\x1b$B'];

/**
 * Finds the encoding of a text: the given one; else by its byte order mark; else UTF-16 by its zeros; else UTF-8 if it
 * is valid or mostly valid UTF-8; else by its words. A text that is partly UTF-8 has no one encoding.
 * @param sample bytes of the file: its head, then whole lines from everywhere
 * @throws AppError `encoding_uncertain` with the candidates
 */
export async function detectEncoding(
  sample: Buffer,
  { given, uri }: { given: string | undefined; uri: string },
): Promise<EncodingFacts> {
  const mark = byteOrderMark(sample);
  if (given !== undefined) return givenEncoding(given, mark, uri);
  if (mark !== undefined) return mark;
  const utf16 = utf16WithoutMark(sample);
  if (utf16 !== undefined) return { encoding: utf16, bomBytes: 0 };
  const share = utf8Share(sample);
  if (share === 1) {
    return {
      encoding: JAPANESE_ESCAPES.some((start) => sample.includes(start)) ? 'iso-2022-jp' : 'utf-8',
      bomBytes: 0,
    };
  }
  if (share >= MOSTLY) return { encoding: 'utf-8', bomBytes: 0, confidence: share };
  const { guessLegacyEncoding, SURE } = await import('./legacy-encoding.ts');
  const guess = guessLegacyEncoding(sample);
  if (share >= MIXED) throw mixed(guess, uri);
  if (guess === undefined || guess.confidence < SURE) throw uncertain(guess, uri);
  return { encoding: guess.encoding, bomBytes: 0, confidence: guess.confidence };
}

function givenEncoding(label: string, mark: EncodingFacts | undefined, uri: string): EncodingFacts {
  const encoding = encodingOf(label);
  if (encoding === undefined) {
    throw new AppError('invalid_arguments', `The encoding "${label}" of ${uri} is none of the WHATWG list.`);
  }
  if (mark === undefined) return { encoding, bomBytes: 0 };
  // "utf-16" means either byte order, and the mark says which.
  const isSame = encoding === mark.encoding || (encoding.startsWith('utf-16') && mark.encoding.startsWith('utf-16'));
  return isSame ? mark : { encoding, bomBytes: 0 };
}

/** Parts of different encodings in one file: each of them would garble the other. */
function mixed(guess: LegacyGuess | undefined, uri: string): AppError {
  const other = guess === undefined ? 'in another encoding' : `perhaps in ${guess.encoding}`;
  return new AppError(
    'encoding_uncertain',
    `${uri} is partly UTF-8 and partly not (${other}), as when two files were joined: make it again in one encoding. ` +
      'With --encoding utf-8 (reading.encoding), what is not UTF-8 is read as U+FFFD, and its lines are named.',
  );
}

function uncertain(guess: LegacyGuess | undefined, uri: string): AppError {
  const candidates = guess?.candidates ?? [];
  const [first] = candidates;
  const readings = candidates.map(({ encoding, excerpt }) => `${encoding} (it would read "${excerpt}")`).join(', ');
  const may = first === undefined ? 'no known encoding fits its bytes' : `it may be ${readings}`;
  const example = first === undefined ? 'LABEL' : candidates.map(({ encoding }) => encoding).join(' or --encoding ');
  return new AppError(
    'encoding_uncertain',
    `The encoding of ${uri} is not certain: ${may}. Name it: --encoding ${example} (reading.encoding).`,
  );
}
