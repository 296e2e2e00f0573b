import { stringify } from 'csv-stringify/sync';
import { expect, it } from 'vitest';
import { createRowText } from '../../../src/tables/formats/row-text.ts';

const PIECES = [
  'a',
  'é',
  '"',
  '""',
  ',',
  ';',
  '\t',
  '|',
  '\n',
  '\r',
  '\r\n',
  '\ufeff',
  ' ',
  '=',
  "'",
  ']',
  '^',
  '\\',
  '-',
];

/** Text of random pieces, the same in every run. */
function createTexts(): () => string {
  let seed = 7;
  const next = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  return () => Array.from({ length: next(4) }, () => PIECES[next(PIECES.length)]).join('');
}

it.each([',', ';', '\t', '|', ']', '^', '\\', '-'])(
  'writes what csv-stringify writes, delimited by %j',
  (delimiter) => {
    const text = createTexts();
    for (const width of [1, 2, 5]) {
      const columns = Array.from({ length: width }, (_, index) => `c${index}`);
      const rows = Array.from({ length: 2_000 }, () => columns.map(text));
      const expected = stringify(rows, {
        delimiter,
        quote_record_delimiter: true,
        quoted_empty: width === 1,
        quoted_match: [/[\r\n\ufeff]/],
      });
      expect(createRowText('csv', { delimiter }).rows(rows, columns)).toBe(expected);
    }
  },
);
