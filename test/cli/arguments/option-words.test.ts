import { expect, it } from 'vitest';
import { inFlags } from '../../../src/cli/arguments/option-words.ts';
import { checkMapping } from '../../../src/runner/rows/mapping.ts';

it.each([
  ['With allow_empty its table is written.', 'With --allow-empty its table is written.'],
  [
    'Nothing to set: give options.concurrency, options.max_cost_usd or options.priority.',
    'Nothing to set: give --concurrency, --max-cost or --priority.',
  ],
  ['give --no-header (reading.header): otherwise', 'give --no-header: otherwise'],
  ["give --escape '\\' (reading.escape).", "give --escape '\\'."],
  [
    'Choose another --out (output_uri), or give --overwrite (options.overwrite).',
    'Choose another --out, or give --overwrite.',
  ],
  ['mode=batch is not available', '--mode batch is not available'],
  ['structured_output_fields names a field twice.', '--fields names a field twice.'],
  ['The agent has no input field "max_cost_usd".', 'The agent has no input field "max_cost_usd".'],
  [
    'structured_output.mode: text; give it structured_output',
    'structured_output.mode: text; give it structured_output',
  ],
  [
    'Give accepted_usd with the estimate that a person accepts, or max_cost_usd with a cap.',
    'Give --accept with the estimate that a person accepts, or --max-cost with a cap.',
  ],
  ['options.nothing', 'options.nothing'],
])('%s', (message, shown) => {
  expect(inFlags(message)).toBe(shown);
});

it('makes the flag to type of a mapping that is missing, with the columns most alike', () => {
  const schema = { type: 'object', properties: { address: {}, 'post code': {} }, required: ['address', 'post code'] };
  const [first, second] = checkMapping({}, schema, ['Id', 'Name', "Owner's postcode", 'Street address']);
  expect(inFlags(first?.message ?? '')).toBe(
    `The agent's required input field "address" is not mapped; give --map 'address=Street address', or another column, such as "Id", "Name". The columns are "Id", "Name", "Owner's postcode", "Street address".`,
  );
  expect(inFlags(second?.message ?? '')).toContain(`give --map 'post code=Owner'\\''s postcode', or`);
  expect(inFlags(checkMapping({}, schema, ['{% address %}'])[0]?.message ?? '')).toContain(
    "--map 'address=column:{% address %}'",
  );
});
