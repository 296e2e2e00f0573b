import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ExactNumber } from '../../../src/base/json/exact-number.ts';
import type { SourceRow } from '../../../src/tables/row-source.ts';
import { say, startWorld, type World } from '../world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** Fits in 64 bits, and does not. */
const [LONG, LONGER] = ['9007199254740993', '12345678901234567890'];
const integer = { type: 'integer' };

test.each([
  ['csv', LONG, LONGER, LONG],
  ['jsonl', new ExactNumber(LONG), new ExactNumber(LONGER), new ExactNumber(LONG)],
  ['json', new ExactNumber(LONG), new ExactNumber(LONGER), new ExactNumber(LONG)],
  ['xlsx', LONG, LONGER, LONG],
  ['parquet', new ExactNumber(LONG), LONGER, LONG],
])('a constant and whole numbers of the answer keep every digit in %s', async (format, ...expected) => {
  const schema = {
    type: 'object',
    properties: { long: integer, longer: integer, number: { type: 'number' } },
    required: ['long', 'longer'],
  };
  const input = { type: 'object', properties: { q: { type: 'string' }, id: integer }, required: ['q', 'id'] };
  const sent: string[] = [];
  world = await startWorld({
    agent: { input, structured_output: { enabled: true, schema } },
    respond: (_row, { request }) => {
      sent.push(JSON.stringify(request.messages));
      return say({ long: new ExactNumber(LONG), longer: new ExactNumber(LONGER), number: new ExactNumber(LONG) });
    },
  });
  await world.write('table.csv', 'q\na\nb\n');
  const out = join(world.folder, `out.${format}`);
  const request = {
    output_uri: out,
    input_mapping: { q: 'q', id: { value: new ExactNumber(LONGER) } },
  };
  const report = await world.runner.drive(await world.start({}, request));
  expect([report.status, report.counts.failed]).toEqual(['completed', 0]);
  expect(sent[0]).toContain(`\\"id\\":${LONGER}}`);
  const rows: SourceRow[] = [];
  const table = await world.deps.tables.openSource(out);
  for await (const chunk of table.rows()) rows.push(...chunk);
  const cells = rows[0]?.cells ?? [];
  const at = table.columns().indexOf('long');
  expect(cells.slice(at, at + 3)).toEqual(expected);
});
