import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import type { BatchReport } from '../../../src/runner/contract/report/report.ts';
import type { Continuation } from '../../../src/runner/contract/request/request.ts';
import { type Respond, say, startWorld, testAgent, type World } from '../world.ts';

let world: World;
afterEach(() => world.close());

/** Fails the rows whose word starts with `bad`; numbers its answers, so that one that was kept is known. */
function counting(): Respond {
  let answered = 0;
  return ({ q }) => {
    if (String(q).startsWith('bad')) return [{ type: 'text', text: 'No.' }];
    answered += 1;
    return say({ answer: `${q} ${answered}` });
  };
}

const FIRST = 'id,q,note\n1,one,a\n2,bad two,b\n3,three,c\n4,four,d\n';

async function first(csv = FIRST): Promise<string> {
  world = await startWorld({ respond: counting(), agent: { limits: { max_turns: 1, timeout_s: 10 } } });
  await world.write('table.csv', csv);
  const id = await world.start();
  await world.runner.drive(id);
  world.sent.length = 0;
  return id;
}

async function goOn(csv: string, continues: Continuation, more: object = {}): Promise<BatchReport> {
  const csv_uri = await world.write('second.csv', csv);
  const id = await world.start({}, { ...to(csv_uri), continues, ...more });
  return world.runner.drive(id);
}

/** The table, and where its answers go. */
const to = (csv_uri: string) => ({ csv_uri, output_uri: csv_uri.replace('.csv', '-answers.csv') });

const cells = async (uri: string | null) =>
  (await readFile(uri ?? '', 'utf8'))
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').slice(0, 4).join(','));

test('rows with an unchanged input keep their answers, and only corrected and new rows run', async () => {
  const batch_id = await first();
  // The order, the ids and the notes have changed; the input has not.
  const csv = 'q,id,note\nthree,30,x\ntwo,20,y\nfive,50,z\none,10,x\n';
  const csv_uri = await world.write('second.csv', csv);
  const plan = await world.runner.plan(world.request({}, { ...to(csv_uri), continues: { batch_id } }));
  expect(plan).toMatchObject({
    problems: [],
    row_count: 4,
    continuation: { batch_id, kept_rows: 2, changed_rows: null, new_rows: 2 },
    estimate: { rows: 2 },
  });
  expect(world.sent).toEqual([]);
  const report = await goOn(csv, { batch_id });
  expect(world.sent.map(({ q }) => q).toSorted()).toEqual(['five', 'two']);
  expect(report).toMatchObject({
    status: 'completed',
    counts: { total: 4, succeeded: 4, failed: 0 },
    continues: { batch_id, kept_rows: 2 },
    model_calls: 2,
  });
  const kept = (await cells(report.output_uri)).filter((row) => /^(one|three)/.test(row));
  expect(kept).toEqual([expect.stringMatching(/^three,30,x,three [123]$/), expect.stringMatching(/^one,10,x,one 1$/)]);
  const trace = await world.runner.trace(report.batch_id, 0);
  expect(trace).toMatchObject({ kept_from: { batch_id, row: 2 }, attempts: [], row: { status: 'succeeded' } });
  expect(await world.runner.trace(report.batch_id, 1)).toMatchObject({ kept_from: null, attempts: [{ attempt: 1 }] });
});

test('a table whose rows are all kept runs nothing, and says so', async () => {
  const batch_id = await first();
  const csv_uri = await world.write('same.csv', 'id,q,note\n1,one,a\n');
  const plan = await world.runner.plan(world.request({}, { ...to(csv_uri), continues: { batch_id } }));
  expect(plan.execution?.reason).toBe('no row has to run');
});

test('with a key, changed rows are told from new ones, and equal inputs of other rows are not taken', async () => {
  const batch_id = await first();
  const csv = 'id,q,note\n1,one,a\n3,changed,c\n4,four,d\n5,one,e\n';
  const csv_uri = await world.write('second.csv', csv);
  const continues = { batch_id, key: 'id' };
  const plan = await world.runner.plan(world.request({}, { ...to(csv_uri), continues }));
  expect(plan.continuation).toEqual({ batch_id, kept_rows: 2, changed_rows: 1, new_rows: 1 });
  const report = await goOn(csv, continues);
  expect(world.sent.map(({ q }) => q).toSorted()).toEqual(['changed', 'one']);
  expect(report).toMatchObject({ counts: { succeeded: 4 }, continues: { kept_rows: 2 } });
});

test('columns that are computed from the row are computed again', async () => {
  const batch_id = await first();
  const output_mapping = { columns: { both: '{% row.note & ":" & output.answer %}' } };
  const report = await goOn('id,q,note\n1,one,new\n', { batch_id }, { output_mapping });
  expect(await readFile(report.output_uri ?? '', 'utf8')).toContain('new:one 1');
  expect(world.sent).toEqual([]);
});

test.each([
  ['a batch that does not exist', { batch_id: 'bat_none' }, 'batch_not_found', 'bat_none'],
  ['a key that is no column', { key: 'idd' }, 'column_unknown', 'did you mean "id"?'],
  ['a key that is not unique', { key: 'note' }, 'invalid_arguments', 'lines 2 and 3'],
])('%s is a problem of the plan', async (_name, change, code, words) => {
  const batch_id = await first();
  const csv_uri = await world.write('second.csv', 'id,q,note\n1,one,a\n2,two,a\n');
  const plan = await world.runner.plan(world.request({}, { ...to(csv_uri), continues: { batch_id, ...change } }));
  expect(plan.problems).toMatchObject([{ code, message: expect.stringContaining(words) }]);
});

test('a batch that was stored before there were modes is continued by the same agent', async () => {
  const batch_id = await first();
  const { structured_output: output } = testAgent();
  const agent = testAgent({
    limits: { max_turns: 1, timeout_s: 10 },
    structured_output: { ...output, mode: 'auto' },
  });
  const other = await world.other({ findAgent: async () => agent });
  const plan = await other.plan(world.request({ overwrite: true }, { continues: { batch_id } }));
  expect(plan.problems).toEqual([]);
});

test('an agent that has changed, and a batch that is in progress, are not continued', async () => {
  const batch_id = await first();
  const agent = testAgent({ instructions: 'Answer otherwise.' });
  const other = await world.other({ findAgent: async () => agent });
  const request = world.request({ overwrite: true }, { continues: { batch_id } });
  expect((await other.plan(request)).problems).toMatchObject([
    { code: 'agent_incompatible', message: expect.stringContaining(`has changed since ${batch_id}`) },
  ]);
  const created = await world.start({ overwrite: true });
  const again = world.request({ overwrite: true }, { continues: { batch_id: created } });
  const { problems } = await world.runner.plan(again);
  expect(problems).toMatchObject([{ code: 'batch_state_invalid' }]);
});

test('a load that is interrupted starts again with the same rows', async () => {
  const batch_id = await first();
  const csv_uri = await world.write('second.csv', FIRST);
  const id = await world.start({}, { ...to(csv_uri), continues: { batch_id } });
  const { store } = world;
  const lease = await store.acquireLease(id, world.deps.owner);
  if (!lease.acquired) throw new Error('no lease');
  const kept = { input: { q: 'one' }, output: { structured: {}, columns: {} }, from: { batchId: batch_id, row: 0 } };
  await store.insertRows(lease.fence, [{ row: 0, line: 2, cells: ['1', 'one', 'a'], kept }]);
  await store.releaseLease(lease.fence);
  expect(await world.runner.drive(id)).toMatchObject({ counts: { total: 4, succeeded: 3, failed: 1 } });
  expect(world.sent.map(({ q }) => q)).toEqual(['bad two']);
});

test('rows whose numbers have a decimal comma keep their answers', async () => {
  const number = { type: 'object', properties: { q: { type: 'number' } }, required: ['q'] };
  world = await startWorld({ respond: ({ q }) => say({ answer: String(q) }), agent: { input: number } });
  await world.write('table.csv', 'id;q\n1;1.234,50\n2;7,25\n');
  const reading = { decimal_comma: true };
  const batch_id = await world.start({}, { reading });
  expect(await world.runner.drive(batch_id)).toMatchObject({ counts: { succeeded: 2 } });
  expect(world.sent).toEqual([{ q: 1234.5 }, { q: 7.25 }]);
  world.sent.length = 0;
  const csv_uri = await world.write('second.csv', 'id;q\n1;1.234,50\n2;7,25\n3;8,5\n');
  const request = world.request({}, { ...to(csv_uri), continues: { batch_id }, reading });
  expect((await world.runner.plan(request)).continuation).toMatchObject({ kept_rows: 2, new_rows: 1 });
  const id = await world.start({}, { ...to(csv_uri), continues: { batch_id }, reading });
  await world.runner.drive(id);
  expect(world.sent).toEqual([{ q: 8.5 }]);
});
