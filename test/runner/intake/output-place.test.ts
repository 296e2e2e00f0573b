import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BatchRequest } from '../../../src/runner/contract/request/request.ts';
import { createRunner } from '../../../src/runner/create-runner.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { startWorld, table, type World, words } from '../world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
  await world.write('table.csv', table(words(2)));
});
afterEach(() => world.close());

/** A request without an output URI. */
function requestOf(source: string): BatchRequest {
  const { output_uri: _, ...request } = world.request();
  return { ...request, csv_uri: join(world.folder, source) };
}

async function outputOf(source: string, runner: Runner = world.runner): Promise<string | null> {
  const { report } = await runner.create(requestOf(source));
  const { output_uri: uri } = await runner.drive(report.batch_id);
  return uri?.replace(`${world.folder}/`, '').replace(report.batch_id, 'ID') ?? null;
}

test('the table of a single local file goes beside it, and over no file', async () => {
  await writeFile(join(world.folder, 'table.tester-2.csv'), 'mine');
  expect((await world.runner.plan(requestOf('table.csv'))).output_uri).toBe(join(world.folder, 'table.tester.csv'));
  expect(await outputOf('table.csv')).toBe('table.tester.csv');
  expect(await outputOf('table.csv')).toBe('table.tester-3.csv');
  expect(await readFile(join(world.folder, 'table.tester-2.csv'), 'utf8')).toBe('mine');
});

test('it has the format of its source, and is CSV where that one is not written', async () => {
  await world.write('rows.JSONL', '{"q":"a"}\n');
  await world.write('plain.txt', 'q\na\n');
  await world.write('no-extension', 'q\na\n');
  expect(await outputOf('rows.JSONL')).toBe('rows.tester.JSONL');
  expect(await outputOf('plain.txt')).toBe('plain.txt.tester.csv');
  expect(await outputOf('no-extension')).toBe('no-extension.tester.csv');
});

test('two batches that run at the same time over one file get two tables', async () => {
  const starts = await Promise.all([1, 2, 3].map(() => world.runner.create(requestOf('table.csv'))));
  const ended = await Promise.all(starts.map(({ report }) => world.runner.drive(report.batch_id)));
  expect(ended.map(({ output_uri }) => output_uri).toSorted()).toEqual(
    ['table.tester-2.csv', 'table.tester-3.csv', 'table.tester.csv'].map((name) => join(world.folder, name)),
  );
});

test('a retry replaces the table of its own batch', async () => {
  await world.close();
  let isFit = false;
  world = await startWorld({ respond: (row) => (isFit ? echoOf(row['q']) : []) });
  await world.write('table.csv', table(words(1)));
  const { report } = await world.runner.create(requestOf('table.csv'));
  const first = await world.runner.drive(report.batch_id);
  expect(first.counts.failed).toBe(1);
  isFit = true;
  await world.runner.retry(report.batch_id, {});
  const second = await world.runner.drive(report.batch_id);
  expect(second).toMatchObject({ output_uri: first.output_uri, counts: { succeeded: 1 } });
  expect(await readFile(second.output_uri ?? '', 'utf8')).toContain('SUCCESS');
});

const echoOf = (q: unknown) => [
  { type: 'tool_use' as const, id: 'answer', name: 'return_structured_data', input: { answer: `${q}!` } },
];

test('tables of folders and patterns, and with "-", are kept in the results folder', async () => {
  await mkdir(join(world.folder, 'in'));
  await world.write('in/a.csv', 'q\na\n');
  expect(await outputOf('in')).toBe('ID.csv');
  expect(await outputOf('in/*.csv')).toBe('ID.csv');
  await world.write('in/b.csv', 'q\nb\n');
  expect(await outputOf('in/')).toBe('ID/');
  const { report } = await world.runner.create({ ...requestOf('table.csv'), output_uri: '-' });
  expect((await world.runner.drive(report.batch_id)).output_uri).toContain(`/${report.batch_id}.csv`);
});

test('a setting names another place for all of them', async () => {
  const runner = createRunner({ ...world.deps, resultsUri: `${join(world.folder, 'all')}/` });
  await mkdir(join(world.folder, 'in'));
  await world.write('in/a.csv', 'q\na\n');
  await world.write('in/b.csv', 'q\nb\n');
  expect(await outputOf('table.csv', runner)).toBe('all/table.tester.csv');
  expect(await outputOf('table.csv', runner)).toBe('all/table.tester-2.csv');
  expect(await outputOf('in', runner)).toBe('all/ID/');
});
