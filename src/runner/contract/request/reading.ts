import * as z from 'zod';
import { strict } from '../../../base/schema/strict-object.ts';
import { encodingOf, type Reading } from '../../../tables/reading.ts';
import { option, wholeNumber } from './option-face.ts';

const READING = 'Reading the table (what is not given is detected):';
/** The heading of the options that only collections have. */
export const COLLECTION = 'Reading a collection:';

/** The rows of a collection that are claimed together, where nothing else is asked for. */
export const DEFAULT_BATCH_SIZE = 100;
/** How often a row of a collection is claimed at most, where nothing else is asked for. */
export const DEFAULT_MAX_ATTEMPTS = 5;

/** ASCII without control characters, letters, digits and the space: what can be a quote, an escape or a comment. */
const MARK = /^[!-/:-@[-`{-~]+$/;

/**
 * The options for reading a source table. Each is defined once, as those of a batch are: the flags of `run` and
 * `analyze` and the field `reading` of the tools are made from this schema.
 */
export const readingOptions = strict({
  delimiter: option(
    z
      .string()
      .refine((text) => isDelimiter(named(text)), 'must be 1 to 8 characters without line ends and quotes, or tab'),
    {
      text: 'The text between two fields of a CSV file; "tab" names the tab.',
      without: 'detected',
      cli: { group: READING, value: 'text' },
    },
  ),
  encoding: option(
    z.string().refine((label) => encodingOf(label) !== undefined, {
      error: ({ input }) => `must be a label of the WHATWG list, such as utf-8, windows-1252 or gbk, not "${input}"`,
    }),
    {
      text: 'The encoding of a text file, as any label of the WHATWG list: utf-8, windows-1252, gbk, shift_jis.',
      without: 'detected',
      cli: { group: READING, value: 'label' },
    },
  ),
  header: option(z.boolean(), {
    text: 'Whether the first line names the columns; without a header they are column_1, column_2, …',
    default: true,
    cli: { group: READING, flag: '--no-header', off: 'The table has no header: its columns are column_1, column_2, …' },
  }),
  skip_lines: option(wholeNumber({ min: 0, max: 10_000 }, 'a whole number of lines'), {
    text: 'Lines to leave out before the header, or before the rows of a table without a header: titles, notes.',
    default: 0,
    cli: { group: READING, value: 'n' },
  }),
  quote: option(
    z.string().refine((text) => isMark(named(text), { empty: true }), "must be one character, such as ', or none"),
    {
      text: 'The character around fields that contain delimiters or line ends; "none": fields are never quoted.',
      without: 'detected',
      cli: { group: READING, value: 'character' },
    },
  ),
  escape: option(
    z.string().refine((text) => isMark(text), 'must be one character, such as \\'),
    {
      text: 'The character before a quote inside a quoted field: \\ where such a quote is written as \\".',
      without: 'the quote, doubled',
      cli: { group: READING, value: 'character' },
    },
  ),
  comment: option(z.string().max(8).regex(MARK, 'must be 1 to 8 marks, such as # or //'), {
    text: 'Lines that start with this text are left out.',
    without: 'no line is a comment',
    cli: { group: READING, value: 'text' },
  }),
  decimal_comma: option(z.boolean(), {
    text: 'Numbers have a decimal comma: 1.234,50. Cells keep their text; types and numeric fields of the agent follow.',
    default: false,
    cli: { group: READING },
  }),
  sheet: option(z.string().min(1, 'must name a sheet').max(200), {
    text: 'The sheet of a workbook: its name, or its number from 1.',
    without: 'the first one that is not hidden',
    cli: { group: READING, value: 'name' },
  }),
  filter: option(
    z.string().refine((text) => isObject(text), 'must be a JSON object, such as {"channel": "email"}'),
    {
      text: 'Only rows of a collection that this filter of the database selects, in JSON: {"channel": "email"}.',
      without: 'all rows that are not processed',
      cli: { group: COLLECTION, value: 'json' },
    },
  ),
  sort: option(
    z.string().refine((text) => isOrder(text), 'must be a JSON object of 1 and -1, such as {"priority": -1}'),
    {
      text: 'The order in which rows of a collection are read: {"priority": -1, "created_at": 1}.',
      without: 'by _id',
      cli: { group: COLLECTION, value: 'json' },
    },
  ),
  columns: option(
    z.string().refine((text) => namesOf(text) !== undefined, 'must be field names, such as query,customer.plan'),
    {
      text: 'The fields of a collection that are columns, with commas between them; dots lead into subdocuments: query,customer.plan. A row whose fields change while it runs is not written.',
      without: 'all fields of the first documents',
      cli: { group: COLLECTION, value: 'paths' },
    },
  ),
  limit: option(wholeNumber({ min: 1 }, 'a whole number of rows'), {
    text: 'At most this many rows of a collection.',
    without: 'all',
    cli: { group: COLLECTION, value: 'rows' },
  }),
  batch_size: option(wholeNumber({ min: 1, max: 10_000 }, 'a whole number of rows'), {
    text: 'Rows of a collection that are claimed together, so that no other batch takes them.',
    default: DEFAULT_BATCH_SIZE,
    without: `${DEFAULT_BATCH_SIZE}, or ${5 * DEFAULT_BATCH_SIZE} while rows run quickly`,
    cli: { group: COLLECTION, value: 'rows' },
  }),
  max_attempts: option(wholeNumber({ min: 1 }, 'a whole number of attempts'), {
    text: 'Rows of a collection that were claimed this often without success are left, and counted.',
    default: DEFAULT_MAX_ATTEMPTS,
    cli: { group: COLLECTION, value: 'n' },
  }),
  watch: option(z.boolean(), {
    text: 'Go on with rows that are added to the collection later, until the batch is stopped.',
    default: false,
    cli: { group: COLLECTION },
  }),
}).describe(
  'How the source table is read. What is not given is detected; analyze_csv_structure suggests what to give.',
);

export type ReadingOptions = z.infer<typeof readingOptions>;

/** The options as the tables take them. */
export function readingOf(given: ReadingOptions = {}): Reading {
  const { delimiter, quote, columns, skip_lines, decimal_comma, batch_size, max_attempts, ...same } = given;
  return {
    ...same,
    ...(delimiter !== undefined && { delimiter: named(delimiter) }),
    ...(quote !== undefined && { quote: named(quote) }),
    ...(skip_lines !== undefined && { skipLines: skip_lines }),
    ...(decimal_comma !== undefined && { decimalComma: decimal_comma }),
    ...(columns !== undefined && { columns: namesOf(columns) ?? [] }),
    ...(batch_size !== undefined && { batchSize: batch_size }),
    ...(max_attempts !== undefined && { maxAttempts: max_attempts }),
  };
}

/** The inverse of {@link readingOf}. */
export function readingOptionsOf(reading: Reading): ReadingOptions {
  const { skipLines, decimalComma, columns, batchSize, maxAttempts, ...same } = reading;
  return {
    ...same,
    ...(skipLines !== undefined && { skip_lines: skipLines }),
    ...(decimalComma !== undefined && { decimal_comma: decimalComma }),
    ...(columns !== undefined && { columns: namesText(columns) }),
    ...(batchSize !== undefined && { batch_size: batchSize }),
    ...(maxAttempts !== undefined && { max_attempts: maxAttempts }),
  };
}

/** Names with commas between them, or a JSON array of names; undefined for any other text. */
function namesOf(text: string): string[] | undefined {
  const given = text.trim().startsWith('[') ? parsed(text) : text.split(',').map((name) => name.trim());
  const names = Array.isArray(given) ? given.filter((name): name is string => typeof name === 'string') : [];
  const isList = Array.isArray(given) && given.length === names.length && names.length > 0 && !names.includes('');
  return isList ? [...new Set(names)] : undefined;
}

function namesText(names: readonly string[]): string {
  const isPlain = names.every((name) => !name.includes(',') && name.trim() === name && !name.startsWith('['));
  return isPlain ? names.join(',') : JSON.stringify(names);
}

function isObject(text: string): boolean {
  const value = parsed(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOrder(text: string): boolean {
  const value = parsed(text);
  return isObject(text) && Object.values(value as object).every((way) => way === 1 || way === -1);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: refused with the words of the option.
    return undefined;
  }
}

/** Characters that are hard to type have names. */
function named(text: string): string {
  if (text === 'tab' || text === '\\t') return '\t';
  return text === 'none' ? '' : text;
}

function isDelimiter(text: string): boolean {
  return text.length >= 1 && text.length <= 8 && !/[\r\n"]/.test(text);
}

function isMark(text: string, { empty = false } = {}): boolean {
  return text === '' ? empty : text.length === 1 && MARK.test(text);
}
