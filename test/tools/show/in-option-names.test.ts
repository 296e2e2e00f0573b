import { expect, it } from 'vitest';
import { inFlags } from '../../../src/cli/arguments/option-words.ts';
import { inOptionNames, withOptionNames } from '../../../src/tools/show/in-option-names.ts';

it.each([
  ['give --no-header (reading.header): otherwise', 'give reading.header: otherwise'],
  ['give --skip-lines 2 (reading.skip_lines).', 'give reading.skip_lines 2.'],
  ["give --escape '\\' (reading.escape).", "give reading.escape '\\'."],
  [
    'Choose another --out (output_uri), or give --overwrite (options.overwrite).',
    'Choose another output_uri, or give options.overwrite.',
  ],
  ['rowmill batches resume ID --fallback', 'rowmill batches resume ID --fallback'],
])('%s', (message, shown) => {
  expect(inOptionNames(message)).toBe(shown);
  // A command that shows the answer of a tool says flags again.
  expect(inFlags(shown)).toBe(inFlags(message));
});

it('names an option once where several values are proposed', () => {
  const message = 'Name it: --encoding gbk or --encoding big5 (reading.encoding).';
  expect(inOptionNames(message)).toBe('Name it: reading.encoding gbk or big5.');
});

it('changes problems and warnings of an answer only', () => {
  const text = 'give --bom (options.bom)';
  const answer = { problems: [{ code: 'x', message: text }], warnings: [text, { message: text }], rows: [{ a: text }] };
  expect(withOptionNames(answer)).toEqual({
    problems: [{ code: 'x', message: 'give options.bom' }],
    warnings: ['give options.bom', { message: 'give options.bom' }],
    rows: [{ a: text }],
  });
});
