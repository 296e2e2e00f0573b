import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/protocol/messages.ts';
import type { StoredType } from '../../../src/tables/cell.ts';
import type { SourceRow } from '../../../src/tables/row-source.ts';
import { openTable } from '../../support/tables.ts';
import { say, startWorld, type World } from '../world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const SCHEMA = {
  type: 'object',
  properties: {
    count: { type: 'integer' },
    share: { type: ['number', 'null'] },
    ok: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    answer: { enum: ['a', 'b'] },
  },
  required: ['count'],
};
const TYPES: StoredType[] = ['string', 'integer', { parquet: { type: 'INT32', converted_type: 'DATE' } }];

test('keeps the types of a Parquet table, and gives each field the type of its schema', async () => {
  const answers: JsonObject[] = [
    { count: 1, share: 0.5, ok: true, tags: ['x'], answer: 'a' },
    { count: 2, share: null },
    { count: 'many' },
  ];
  const agent = { structured_output: { enabled: true, schema: SCHEMA }, limits: { max_turns: 1, timeout_s: 30 } };
  world = await startWorld({ agent, respond: (row) => say(answers[Number(row['q'])] ?? {}) });
  const [input, output] = ['in.parquet', 'out.parquet'].map((name) => join(world?.folder ?? '', name));
  const { tables } = world.deps;
  const writer = await openTable(tables, input ?? '', ['q', 'id', 'day'], { types: TYPES });
  const source = [0, 1, 2].map((row) => [String(row), `900719925474099${row}`, `2024-02-2${row}`]);
  await writer.write(source);
  await writer.commit();

  const metadata = ['_parse_status', '_outcome', '_failure'] as const;
  const request = { csv_uri: input ?? '', output_uri: output ?? '', output_mapping: { metadata: [...metadata] } };
  expect((await world.runner.plan(world.request({}, request))).row_count).toBe(3);
  const id = await world.start({}, request);
  expect(await world.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 2, failed: 1 } });

  const table = await tables.openSource(output ?? '');
  const names = table.columns();
  expect(names).toEqual([
    ...['q', 'id', 'day', 'count', 'share', 'ok', 'tags', 'answer'],
    ...['_parse_status', '_outcome', '_failure', '_status', '_processing_time', '_error'],
  ]);
  const types = table.types?.().map((type) => (typeof type === 'string' ? type : type.parquet['type']));
  expect(types).toEqual([
    ...['string', 'INT64', 'INT32', 'INT64', 'DOUBLE', 'BOOLEAN', 'json', 'string'],
    ...['string', 'string', 'string', 'string', 'DOUBLE', 'string'],
  ]);
  const rows: SourceRow[] = [];
  for await (const chunk of table.rows()) rows.push(...chunk);
  const cells = rows.map((row) => row.cells);
  expect(cells.map((row) => row.slice(0, 3))).toEqual([
    ['0', 9007199254740990, '2024-02-20'],
    ['1', 9007199254740991, '2024-02-21'],
    ['2', 9007199254740992, '2024-02-22'],
  ]);
  expect(cells.map((row) => row.slice(3, 12))).toEqual([
    [1, 0.5, true, ['x'], 'a', 'success', 'success', null, 'SUCCESS'],
    [2, null, null, null, null, 'success', 'success', null, 'SUCCESS'],
    [null, null, null, null, null, 'validation_failed', 'error', expect.stringMatching(/^output_invalid: /), 'FAILED'],
  ]);
  expect(cells.map((row) => typeof row[12])).toEqual(['number', 'number', 'number']);
});

test('names the metadata that there is', async () => {
  world = await startWorld();
  const mapping = { output_mapping: { metadata: ['_parse_state' as '_parse_status'] } };
  const { problems } = await world.runner.plan(world.request({}, mapping));
  expect(problems.map(({ message }) => message).join()).toContain(
    'output_mapping.metadata.0: must be _parse_status, _validation_passed, _truncated_fields,',
  );
});
