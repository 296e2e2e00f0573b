import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createFleetOpener } from '../../src/fleet/fleet.ts';
import { openKeptAnswers } from '../../src/worker/kept-answers.ts';
import { runWorker } from '../../src/worker/start-worker.ts';
import { createFleetSite, type FleetSite, REDIS_URL, until, type WorkerProcess } from './fleet-site.ts';
import { onRedis } from './on-redis.ts';

vi.setConfig({ testTimeout: 300_000 });

let site: FleetSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

const textOf = async (url: string) => {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
};

/** What `rowmill workers list` says to a person. */
const listText = async ({ rowmill }: FleetSite) => {
  const list = rowmill('workers', 'list');
  let text = '';
  list.child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  expect((await list.ended).code).toBe(0);
  return text;
};

/** The address that a worker says it answers at. */
const addressOf = async (worker: WorkerProcess) => {
  const address = () => /health\s+(http\S+)\/healthz/.exec(worker.said())?.[1];
  await until(() => address() !== undefined, 'the address of its health', { by: worker });
  return address() ?? '';
};

onRedis('a worker answers for its health and its figures, and says that it drains', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  // The model answers twelve calls; the rows of the others are in progress until the test lets them go on. They take so
  // long that each is a chunk of its own.
  site = await createFleetSite(`${REDIS_URL}/7`, {
    ...{ rows: 10, latencyMs: [60, 100], seed: 11, held: { after: 12, until: held } },
  });
  const worker = await site.worker('w1', '--concurrency', '2', '--port', '0');
  const url = await addressOf(worker);
  const run = site.run();
  const figure = async (name: string) => {
    const { text } = await textOf(`${url}/metrics`);
    return Number(new RegExp(`^rowmill_worker_${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  await until(async () => (await figure('rows_total')) >= 1, 'a row that it has run', { by: run });
  await until(async () => (await figure('running_rows')) >= 2, 'rows in progress', { by: run });
  expect(await figure('concurrency')).toBe(2);
  expect(await figure('draining')).toBe(0);
  expect(await textOf(`${url}/healthz`)).toMatchObject({
    status: 200,
    text: expect.stringContaining('"status":"ok"'),
  });
  expect(await textOf(`${url}/else`)).toMatchObject({ status: 404 });
  worker.child.kill('SIGTERM');
  await until(async () => (await textOf(`${url}/healthz`)).status === 503, 'a worker that drains', { by: worker });
  expect((await textOf(`${url}/healthz`)).text).toContain('"status":"draining"');
  expect(await figure('draining')).toBe(1);
  release();
  expect((await worker.ended).code).toBe(0);
  await site.worker('w2');
  expect((await run.ended).json).toMatchObject({ status: 'completed', counts: { succeeded: 10 }, model_calls: 20 });
  expect(site.modelCalls).toHaveLength(20);
});

onRedis('a worker of another version gets no rows, and is told', async () => {
  const url = `${REDIS_URL}/8`;
  site = await createFleetSite(url, { rows: 8, latencyMs: [2, 10], seed: 12 });
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const settings = { redisUrl: url, key: null };
  const opener = createFleetOpener(settings, { version: '0.0.0-other', log });
  const fleet = await opener.open();
  const drain = new AbortController();
  const never = async () => {
    throw new Error('It has no rows.');
  };
  const kept = openKeptAnswers(join(site.folder, 'other'), { envelope: fleet.envelope, log });
  const own = { openAgent: never, provider: never, ownAgent: never, tables: { readBytes: never } };
  const priceTable = () => {
    throw new Error('It has no calls.');
  };
  const working = runWorker(
    {
      ...{ id: 'wrk_other', tags: [], concurrency: 4, drain: drain.signal, hard: drain.signal },
      onReady: () => undefined,
    },
    { fleet, settings, parts: { ...own, priceTable, kept, clock: systemClock, log } },
  );
  try {
    const run = site.run();
    await until(() => lines.some((line) => line.includes('another version')), 'what the worker is told', { by: run });
    expect(JSON.parse(lines.find((line) => line.includes('another version')) ?? '')).toMatchObject({
      ...{ version: '0.0.0-other', theirs: expect.stringMatching(/^\d/) },
    });
    expect(await site.json('workers')).toMatchObject({
      workers: [{ worker_id: 'wrk_other', state: 'other_version', running_rows: 0 }],
    });
    expect(await listText(site)).toMatch(/^wrk_other .* 0 of 4 +0 +version 0\.0\.0-other: no rows$/m);
    expect(site.modelCalls).toHaveLength(0);
    await site.worker('w1');
    expect((await run.ended).json).toMatchObject({ status: 'completed', counts: { succeeded: 8 } });
    expect(new Set(site.modelCalls.map(({ who }) => who))).toEqual(new Set(['w1']));
  } finally {
    drain.abort();
    await working;
    await opener.close();
  }
});

onRedis('a worker without a variable that a tool needs gives its rows back and says which', async () => {
  site = await createFleetSite(`${REDIS_URL}/9`, { rows: 8, latencyMs: [2, 10], seed: 13 });
  const { json } = site;
  await site.workerWith({ TOOL_URL: '' }, 'w1');
  const run = site.run();
  await until(async () => JSON.stringify(await json('workers')).includes('TOOL_URL'), 'what the worker lacks', {
    by: run,
  });
  expect(await listText(site)).toMatch(/ gives back the rows of bat_\S+: .*TOOL_URL/);
  expect(site.modelCalls).toHaveLength(0);
  await site.worker('w2');
  expect((await run.ended).json).toMatchObject({ status: 'completed', counts: { succeeded: 8 }, tool_calls: 8 });
  expect(new Set(site.toolCalls.map(({ who }) => who))).toEqual(new Set(['w2']));
});

onRedis('a worker with another key gets no rows, and is told', async () => {
  site = await createFleetSite(`${REDIS_URL}/13`, {
    rows: 8,
    latencyMs: [2, 10],
    seed: 17,
    key: 'the key of the fleet',
  });
  const other = await site.workerWith(
    { ROWMILL_WORKER_KEY: 'the key of another fleet', ROWMILL_LOG_LEVEL: 'warn' },
    'w1',
  );
  const run = site.run();
  await until(() => other.stderr().includes('another key than a coordinator'), 'what the worker is told', { by: run });
  // It would take chunks out of the queue, and could not open them.
  expect(other.stderr()).not.toContain('refused');
  expect(site.modelCalls).toHaveLength(0);
  await site.worker('w2');
  expect((await run.ended).json).toMatchObject({ status: 'completed', counts: { succeeded: 8 } });
  expect(new Set(site.modelCalls.map(({ who }) => who))).toEqual(new Set(['w2']));
});
