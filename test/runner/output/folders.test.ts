import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWorld, type World } from '../world.ts';

let world: World;
let at: (name: string) => string;
beforeEach(async () => {
  world = await startWorld();
  at = (name) => join(world.folder, name);
  await mkdir(at('in/deep'), { recursive: true });
  await writeFile(at('in/b.csv'), 'q,n\nc,3\n"d\n');
  await writeFile(at('in/a.csv.gz'), gzipSync('n,q\n1,a\n2,b\n'));
  await writeFile(at('in/deep/c.jsonl'), '{"q":"e","n":5}\n');
  await writeFile(at('in/empty.csv'), 'q,n\n');
});
afterEach(() => world.close());

async function run(source: string, output?: string): Promise<{ uri: string; plan: object }> {
  const { output_uri: _default, ...others } = world.request({}, { csv_uri: at(source) });
  const request = { ...others, ...(output !== undefined && { output_uri: at(output) }) };
  const { report, plan } = await world.runner.create(request);
  const done = await world.runner.drive(report.batch_id);
  expect(done).toMatchObject({ status: 'completed' });
  return { uri: done.output_uri ?? '', plan };
}

const withoutTime = (text: string): string =>
  text.replaceAll(/,\d+(\.\d+)?(?=,)/g, (time, fraction) => (fraction ? ',T' : time));

test('writes a table for each file of a pattern, by the same names', async () => {
  const { uri, plan } = await run('in/**/*', 'out/');
  expect(plan).toMatchObject({ row_count: 5, source_files: 4 });
  expect(uri).toBe(`${at('out')}/`);
  expect((await readdir(at('out'), { recursive: true })).sort()).toEqual([
    'a.csv.gz',
    'b.csv',
    'deep',
    'deep/c.jsonl',
    'empty.csv',
  ]);
  const a = gunzipSync(await readFile(at('out/a.csv.gz'))).toString();
  expect(a.split('\n')[0]).toBe('n,q,answer,_status,_processing_time,_error');
  expect(a).toMatch(/^1,a,a!,SUCCESS,/m);
  expect(a).toMatch(/^2,b,b!,SUCCESS,/m);
  const b = await readFile(at('out/b.csv'), 'utf8');
  expect(withoutTime(b)).toMatch(/^3,c,c!,SUCCESS,/m);
  expect(b).toContain('row_malformed');
  expect(b).not.toContain('a!');
  expect(JSON.parse(await readFile(at('out/deep/c.jsonl'), 'utf8'))).toMatchObject({ n: 5, q: 'e', answer: 'e!' });
  expect(await readFile(at('out/empty.csv'), 'utf8')).toBe('n,q,answer,_status,_processing_time,_error\n');
});

test('writes one table of a folder where a file is asked for, and a folder by default', async () => {
  const { uri } = await run('in/', 'all.csv');
  expect((await readFile(uri, 'utf8')).match(/SUCCESS|FAILED/g)).toHaveLength(4);
  const folder = await run('in/');
  expect(folder.uri).toMatch(/bat_[^/]*\/$/);
  expect((await readdir(folder.uri)).sort()).toEqual(['a.csv.gz', 'b.csv', 'empty.csv']);
});

test('writes a single file into a folder by its name', async () => {
  await run('in/a.csv.gz', 'out/');
  expect(gunzipSync(await readFile(at('out/a.csv.gz'))).toString()).toContain('b!');
});

test('refuses an output folder that is the source’s', async () => {
  const request = world.request({}, { csv_uri: at('in/'), output_uri: `${at('in')}/` });
  expect((await world.runner.plan(request)).problems).toMatchObject([{ code: 'output_is_source' }]);
});
