import { afterAll, beforeAll, expect, it } from 'vitest';
import { showBatches } from '../../../../src/cli/commands/batches/batches-list.ts';
import type { BatchReport } from '../../../../src/runner/contract/report/report.ts';
import { createWorkspace, type Workspace } from '../../workspace.ts';

let space: Workspace;
let ids: string[];
beforeAll(async () => {
  space = await createWorkspace({ names: ['Ann'] });
  const start = async () => JSON.parse((await space.run(['run', 'people.csv', '-a', 'greeter', '--json'])).stdout);
  ids = [(await start()).batch_id, (await start()).batch_id];
});
afterAll(() => space.close());

it('lists batches without a command', async () => {
  const list = await space.run(['batches', '--json']);
  expect(JSON.parse(list.stdout).batches.map((one: BatchReport) => one.batch_id)).toEqual([ids[1], ids[0]]);
  expect((await space.run(['batches'])).stdout).toContain('completed');
});

it('names the nearest command where a word is none', async () => {
  const wrong = await space.run(['batches', 'lst']);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('There is no command "batches lst". Did you mean list?');
});

it('shows the newest batch where none is named, and takes latest and the start of an id', async () => {
  const [old = '', newest = ''] = ids;
  const idOf = async (...args: string[]) =>
    JSON.parse((await space.run(['batches', ...args, '--json'])).stdout).batch_id;
  expect(await idOf('show')).toBe(newest);
  expect(await idOf('show', 'latest')).toBe(newest);
  expect(await idOf('show', old.slice(0, -2))).toBe(old);
  expect(await idOf('show', old.slice('bat_'.length, -2))).toBe(old);
  expect((await space.run(['batches', 'rows', 'latest'])).stdout).toContain('Hello Ann');
});

it('names the candidates of a start that several ids have', async () => {
  const start = ids[0]?.slice(0, 6) ?? '';
  const found = await space.run(['batches', 'show', start]);
  expect(found.code).toBe(2);
  expect(found.stderr).toContain(`Several batches start with ${start}: ${ids[1]}, ${ids[0]}. Write more of the id.`);
  expect((await space.run(['batches', 'show', 'bat_'])).stderr).toContain('Several batches start with bat_:');
  expect((await space.run(['batches', 'show', 'bat_z'])).stderr).toContain('There is no batch "bat_z"');
  expect((await space.run(['batches', 'show', '%'])).stderr).toContain('There is no batch "%"');
});

it('lists the agents where a run names none', async () => {
  const run = await space.run(['run', 'people.csv']);
  expect(run.code).toBe(2);
  expect(run.stderr).toContain('Name an agent with --agent, or ask with --prompt');
  expect(run.stderr).toContain('\n  greeter: Greets.\n  keyless\n');
  expect(run.stderr).not.toContain('orchestrator');
});

it('shows every status whole at 80 columns', () => {
  const report = {
    batch_id: ids[0],
    status: 'paused',
    pause_reason: 'interrupted',
    counts: { total: 100_000, succeeded: 99_000, failed: 1 },
    name: null,
    cost_usd: 12.5,
    agent: 'broadband-checker-structured-v2@v2',
    source_uri: '/tables/addresses.csv',
    created_at: '2026-11-28T10:00:00Z',
  } as BatchReport;
  const lines: string[] = [];
  showBatches([report], {
    json: false,
    paint: (_, text) => text,
    width: 80,
    textWidth: 80,
    document: () => undefined,
    line: (text = '') => lines.push(text),
    note: () => undefined,
  });
  expect(lines[2]).toContain(`${ids[0]}  paused (interrupted)  99,001/100,000  `);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});
