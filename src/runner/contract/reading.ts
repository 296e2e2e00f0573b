import * as z from 'zod';
import { strict } from '../../base/strict-object.ts';
import { encodingOf, type Reading } from '../../tables/reading.ts';
import { option, wholeNumber } from './option-face.ts';

const READING = 'Reading the table (what is not given is detected):';

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
}).describe(
  'How the source table is read. What is not given is detected; analyze_csv_structure suggests what to give.',
);

export type ReadingOptions = z.infer<typeof readingOptions>;

/** The options as the tables take them. */
export function readingOf(given: ReadingOptions = {}): Reading {
  const { delimiter, quote, skip_lines: skipLines, decimal_comma: decimalComma, ...same } = given;
  return {
    ...same,
    ...(delimiter !== undefined && { delimiter: named(delimiter) }),
    ...(quote !== undefined && { quote: named(quote) }),
    ...(skipLines !== undefined && { skipLines }),
    ...(decimalComma !== undefined && { decimalComma }),
  };
}

/** The inverse of {@link readingOf}. */
export function readingOptionsOf({ skipLines, decimalComma, ...same }: Reading): ReadingOptions {
  return {
    ...same,
    ...(skipLines !== undefined && { skip_lines: skipLines }),
    ...(decimalComma !== undefined && { decimal_comma: decimalComma }),
  };
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
