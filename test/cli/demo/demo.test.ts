import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWorkspace, ROOT, type Workspace } from '../workspace.ts';

let space: Workspace;
beforeEach(async () => {
  space = await createWorkspace();
});
afterEach(() => space.close());

it('plays the whole job and writes a table in which every source row stands once, in order', async () => {
  const done = await space.run(['demo']);
  expect(done.code).toBe(0);
  expect(done.stdout).toContain('stand-ins');
  expect(done.stdout).toContain('ANTHROPIC_API_KEY');
  expect(done.stdout).toMatch(/13 of 14 rows succeeded, 1 failed/);
  for (const tool of [
    'analyze_csv_structure',
    'execute_batch_processor',
    'monitor_batch_execution',
    'get_batch_results',
  ]) {
    expect(done.stdout).toContain(`⚙ ${tool}`);
  }
  const source: string[][] = parse(await readFile(join(ROOT, 'examples', 'addresses.csv')));
  const table: string[][] = parse(await readFile(space.path('addresses-broadband.csv')));
  expect(table.map((row) => row.slice(0, 8))).toEqual(source);
  expect(table[0]?.slice(8, 12)).toEqual(['exchange_station', 'download_speed', 'upload_speed', 'screenshot_url']);
  const dataset: { postcode: string; exchange_station: string | null }[] = JSON.parse(
    await readFile(join(ROOT, 'examples', 'demo', 'broadband.json'), 'utf8'),
  );
  for (const row of table.slice(1)) {
    const known = dataset.find((premise) => premise.postcode === row[4]);
    expect(row[8]).toBe(known?.exchange_station ?? '');
  }
  expect(table.slice(1).filter((row) => row[12] === 'FAILED')).toHaveLength(1);
});

it('ends on a signal with 130', async () => {
  const going = space.start(['demo']);
  await going.until(/on its way/);
  going.child.kill('SIGINT');
  const done = await going.finished;
  expect(done.code).toBe(130);
  expect(done.stderr).toContain('Ending the demo.');
});

it('refuses a place for the table where the page exports it', async () => {
  const done = await space.run(['demo', '--web', '--out', 'a.csv']);
  expect(done.code).not.toBe(0);
  expect(done.stderr).toContain('leave --out out');
});
