import { afterEach, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { AppError } from '../../../src/base/errors.ts';
import type { BatchChange } from '../../../src/storage/batches.ts';
import { type LiveWorld, startLiveWorld } from '../live-world.ts';
import { createGate, say, until, type WorldOptions, words } from '../world.ts';

let world: LiveWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function open(options: WorldOptions = {}): Promise<LiveWorld> {
  world = await startLiveWorld(options);
  return world;
}

/** Waits of a second are over at once. */
const HASTY: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 5), signal) };

const qsOf = ({ sent }: LiveWorld) => sent.map(({ q }) => String(q)).sort();
const sorted = (keys: Iterable<string>) => [...keys].sort();

test('runs every document once, writes a record for each as it ends, and acknowledges it', async () => {
  const { collection, ...live } = await open();
  collection('queries').put(words(35));
  const id = await live.start({ concurrency: 4 });
  const report = await live.runner.drive(id);
  expect(report).toMatchObject({
    status: 'completed',
    counts: { total: 35, succeeded: 35, failed: 0 },
    output_uri: 'memory://results',
  });
  expect(qsOf({ collection, ...live })).toEqual(sorted(words(35)));
  const { records, writes } = collection('results');
  expect(sorted(records.keys())).toEqual(sorted(words(35)));
  expect(records.get('w7')).toMatchObject({
    batchId: id,
    ...{ columns: ['q'], origin: { cells: ['w7'] } },
    output: { answer: 'w7!' },
    error: null,
    usage: { inputTokens: 100, outputTokens: 20 },
    costMicroUsd: 20,
  });
  expect(writes.flat()).toHaveLength(35);
  const acks = collection('queries').acks.flat();
  expect(sorted(acks.map(({ key }) => key))).toEqual(sorted(words(35)));
  expect(acks.every(({ status }) => status === 'succeeded')).toBe(true);
  expect(collection('queries').nacks).toEqual([]);
});

test('loads at most a page and the concurrency ahead, and says that the total is unknown meanwhile', async () => {
  const gate = createGate();
  const live = await open({
    respond: async (row, { signal, number }) => {
      if (number > 1) await gate.wait(signal);
      return say({ answer: String(row['q']) });
    },
  });
  const queries = live.collection('queries');
  queries.pageRows = 10;
  queries.put(words(200));
  const id = await live.start({ concurrency: 4 });
  const driving = live.runner.drive(id);
  await until(() => gate.waiting() === 4, 'four calls in flight');
  const report = await live.runner.report(id);
  expect(report.counts.total).toBeNull();
  expect(report.eta_seconds).toBeNull();
  expect(queries.documents.filter(({ takenBy }) => takenBy === id).length).toBeLessThanOrEqual(1 + 6 + 4 + 10);
  gate.open();
  expect(await driving).toMatchObject({ status: 'completed', counts: { total: 200, succeeded: 200 } });
});

test('fails a row that the source has lost, before a call; the rows after it run', async () => {
  const live = await open();
  const queries = live.collection('queries');
  queries.put(words(12));
  for (const key of ['w0', 'w5', 'w6', 'w11']) queries.lost.set(key, { code: 'claim_lost', message: 'It is gone.' });
  const id = await live.start({ concurrency: 2 });
  expect(await live.runner.drive(id)).toMatchObject({
    status: 'completed',
    counts: { total: 12, succeeded: 8, failed: 4 },
    failures: [{ code: 'claim_lost', count: 4 }],
  });
  expect(qsOf(live)).toEqual(sorted(words(12).filter((key) => !queries.lost.has(key))));
  expect(sorted(live.collection('results').records.keys())).toEqual(sorted(words(12)));
});

test('fails a row whose result is refused, and acknowledges it so; the bill keeps what it cost', async () => {
  const live = await open();
  const queries = live.collection('queries');
  queries.put(words(8));
  live.collection('results').refused.set('w3', { code: 'row_changed', message: 'It was changed.' });
  const id = await live.start();
  expect(await live.runner.drive(id)).toMatchObject({
    status: 'completed',
    counts: { total: 8, succeeded: 7, failed: 1 },
    failures: [{ code: 'row_changed', count: 1 }],
    model_calls: 8,
  });
  expect(
    queries.acks
      .flat()
      .filter(({ status }) => status === 'failed')
      .map(({ key }) => key),
  ).toEqual(['w3']);
  expect(live.collection('results').records.has('w3')).toBe(false);
});

test('an export names the records that are refused, after it has written the others', async () => {
  const live = await open();
  live.collection('queries').put(words(5));
  const id = await live.start();
  await live.runner.drive(id);
  const copies = live.collection('copies');
  copies.refused.set('w2', { code: 'output_failed', message: 'It is too large.' });
  await expect(live.runner.exportTable(id, 'memory://copies', {})).rejects.toMatchObject({
    code: 'output_failed',
    message: '1 record was not written to memory://copies. The first: It is too large.',
  });
  expect(sorted(copies.records.keys())).toEqual(['w0', 'w1', 'w3', 'w4']);
});

test('shows the total that the source knows', async () => {
  const gate = createGate();
  const live = await open({
    respond: async (row, { signal }) => {
      await gate.wait(signal);
      return say({ answer: String(row['q']) });
    },
  });
  live.collection('queries').put(words(60));
  live.collection('queries').total = 60;
  const id = await live.start();
  const driving = live.runner.drive(id);
  await until(() => gate.waiting() > 0, 'a call in flight');
  expect((await live.runner.report(id)).counts.total).toBe(60);
  gate.open();
  await driving;
});

test('waits for documents that come late', async () => {
  const live = await open();
  const queries = live.collection('queries');
  queries.isOpen = true;
  queries.put(['a', 'b']);
  const id = await live.start();
  const driving = live.runner.drive(id);
  await until(() => queries.waiting.size > 0 && live.collection('results').records.size === 2, 'two records');
  expect((await live.runner.report(id)).status).toBe('running');
  queries.put(['c']);
  await until(() => live.collection('results').records.size === 3, 'three records');
  queries.end();
  expect(await driving).toMatchObject({ status: 'completed', counts: { total: 3, succeeded: 3 } });
});

test('stops while it waits for documents, and goes on where it was', async () => {
  const live = await open();
  const queries = live.collection('queries');
  queries.isOpen = true;
  queries.put(words(3));
  const id = await live.start();
  const stop = new AbortController();
  const driving = live.runner.drive(id, { signal: stop.signal });
  await until(() => queries.waiting.size > 0 && live.collection('results').records.size === 3, 'three records');
  stop.abort();
  expect(await driving).toMatchObject({ status: 'paused', pause_reason: 'interrupted' });
  queries.put(['late']);
  queries.end();
  await live.runner.resume(id);
  expect(await live.runner.drive(id)).toMatchObject({ status: 'completed', counts: { total: 4, succeeded: 4 } });
  expect(qsOf(live)).toEqual(sorted(['late', ...words(3)]));
});

test.each([
  ['after a page was taken and before it is stored', 'insertRows', 2],
  ['after a row has ended and before its record is noted', 'clearOutbox', 1],
  ['before a row has ended', 'finishRow', 5],
  ['before the end of the source is stored', 'the end', 1],
] as const)('loses and doubles nothing when it breaks off %s', async (_, method, nth) => {
  let calls = 0;
  let isBroken = false;
  const live = await open({
    intercept: (called, [, change]) => {
      const isEnd = (change as BatchChange | undefined)?.intake?.isOver === true;
      const name = called === 'updateBatch' && isEnd ? 'the end' : called;
      if (name === method) calls += 1;
      // The lease is given back, as a dead process's would be taken from it.
      if (name !== 'releaseLease' && (isBroken || (name === method && calls === nth))) {
        isBroken = true;
        throw new AppError('store_unavailable', 'The disk is gone.');
      }
    },
  });
  live.collection('queries').put(words(35));
  const id = await live.start({ concurrency: 4 });
  await expect(live.runner.drive(id)).rejects.toMatchObject({ code: 'store_unavailable' });
  isBroken = false;
  const report = await (await live.other()).drive(id);
  expect(report).toMatchObject({ status: 'completed', counts: { total: 35, succeeded: 35 } });
  expect(sorted(live.collection('results').records.keys())).toEqual(sorted(words(35)));
  expect(new Set(qsOf(live)).size).toBe(35);
  expect(live.collection('queries').documents.every(({ isDone }) => isDone)).toBe(true);
  const rows = await live.store.readRows(id, { fromRow: 0, limit: 99 });
  expect(rows.map(({ row }) => row)).toEqual(words(35).map((_word, row) => row));
});

test('gives back what it does not run when it is cancelled', async () => {
  const gate = createGate();
  let beats = 0;
  const live = await open({
    deps: { clock: HASTY },
    intercept: (name) => {
      if (name === 'renewLease') beats += 1;
    },
    respond: async (row, { signal, number }) => {
      if (number > 3) await gate.wait(signal);
      return say({ answer: String(row['q']) });
    },
  });
  const queries = live.collection('queries');
  queries.put(words(50));
  const id = await live.start({ concurrency: 2 });
  const driving = live.runner.drive(id);
  await until(() => gate.waiting() === 2, 'two calls in flight');
  await live.runner.cancel(id);
  const seen = beats;
  await until(() => beats > seen + 1, 'a heartbeat that has read the request');
  gate.open();
  const report = await driving;
  expect(report.status).toBe('cancelled');
  const done = queries.documents.filter(({ isDone }) => isDone);
  expect(done).toHaveLength(report.counts.succeeded);
  expect(queries.documents.filter(({ takenBy, isDone }) => takenBy === id && !isDone)).toEqual([]);
  expect(queries.nacks).toEqual([{ rows: 'rest', reason: 'the batch is cancelled' }]);
});

test('writes failed rows as records too, and acknowledges them as failed', async () => {
  const live = await open({
    respond: (row) => {
      if (row['q'] === 'w1') throw new AppError('refused', 'No.');
      return say({ answer: String(row['q']) });
    },
  });
  live.collection('queries').put(words(3));
  const id = await live.start();
  expect(await live.runner.drive(id)).toMatchObject({ status: 'completed', counts: { succeeded: 2, failed: 1 } });
  const record = live.collection('results').records.get('w1');
  expect(record).toMatchObject({ output: null, error: { code: 'refused' } });
  const acks = live.collection('queries').acks.flat();
  expect(acks.find(({ key }) => key === 'w1')?.status).toBe('failed');
});

test('writes a record again when its row is run again', async () => {
  let isRefusing = true;
  const live = await open({
    respond: (row) => {
      if (isRefusing && row['q'] === 'w1') throw new AppError('refused', 'No.');
      return say({ answer: String(row['q']) });
    },
  });
  live.collection('queries').put(words(3));
  const id = await live.start();
  await live.runner.drive(id);
  isRefusing = false;
  await live.runner.retry(id, {});
  await live.runner.drive(id);
  expect(live.collection('results').records.get('w1')).toMatchObject({ output: { answer: 'w1' }, error: null });
  expect(
    live
      .collection('results')
      .writes.flat()
      .filter((key) => key === 'w1'),
  ).toHaveLength(2);
});

test('pauses when records are refused, and writes what is missing once it is resumed', async () => {
  const live = await open();
  live.collection('queries').put(words(30));
  live.collection('results').beforeWrite = () => {
    throw new AppError('location_denied', 'The collection may not be written.');
  };
  const id = await live.start();
  expect(await live.runner.drive(id)).toMatchObject({
    status: 'paused',
    pause_reason: 'fatal',
    error: { code: 'location_denied' },
  });
  live.collection('results').beforeWrite = undefined;
  await live.runner.resume(id);
  expect(await live.runner.drive(id)).toMatchObject({ status: 'completed' });
  expect(sorted(live.collection('results').records.keys())).toEqual(sorted(words(30)));
  expect(new Set(qsOf(live)).size).toBe(live.sent.length);
});

test('a random sample is refused, because the table is read while its rows run', async () => {
  const live = await open();
  live.collection('queries').put(words(9));
  await expect(live.start({ sample: 5, random: true })).rejects.toMatchObject({
    code: 'option_not_supported',
    message: expect.stringContaining('A random sample needs the whole table first'),
  });
});

test('a sample takes its rows and a page, and the rest later', async () => {
  const live = await open();
  live.collection('queries').put(words(60));
  const id = await live.start({ sample: 5 });
  expect(await live.runner.drive(id)).toMatchObject({
    status: 'paused',
    pause_reason: 'sample',
    counts: { succeeded: 5 },
  });
  expect(live.collection('queries').documents.filter(({ takenBy }) => takenBy !== null).length).toBeLessThanOrEqual(20);
  await live.runner.resume(id);
  expect(await live.runner.drive(id)).toMatchObject({ status: 'completed', counts: { total: 60, succeeded: 60 } });
});

test('a share of failures is tolerated, of rows whose number is known at the end only', async () => {
  const live = await open({
    respond: (row) => {
      if (Number(String(row['q']).slice(1)) % 5 === 0) throw new AppError('refused', 'No.');
      return say({ answer: String(row['q']) });
    },
  });
  live.collection('queries').put(words(30));
  const id = await live.start({ tolerated_failure_percent: 20 });
  expect(await live.runner.drive(id)).toMatchObject({ status: 'completed', counts: { failed: 6 } });
  live.collection('more').put(words(30));
  const other = await live.start({ tolerated_failure_percent: 19 }, { csv_uri: 'memory://more' });
  expect(await live.runner.drive(other)).toMatchObject({ status: 'failed', error: { code: 'failures_not_tolerated' } });
});

test('a file may go into records, its rows by number', async () => {
  const live = await open();
  const id = await live.start({}, { csv_uri: await live.write('table.csv', 'q\na\nb\n') });
  expect(await live.runner.drive(id)).toMatchObject({ status: 'completed', counts: { total: 2 } });
  expect(sorted(live.collection('results').records.keys())).toEqual([`${id}/0`, `${id}/1`]);
});

test('a collection may go into a table, in the order in which its rows were loaded', async () => {
  const live = await open();
  live.collection('queries').put(words(25));
  const id = await live.start({}, { output_uri: `${live.folder}/out.csv` });
  expect(await live.runner.drive(id)).toMatchObject({ status: 'completed' });
  const lines = (await live.read('out.csv')).trim().split('\n');
  expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(words(25));
  expect(live.collection('queries').documents.every(({ isDone }) => isDone)).toBe(true);
});

test.each([
  { what: 'without a prompt', agent: {}, warnings: 1 },
  {
    what: 'with a prompt, whose fields may be cut',
    agent: {
      prompt: { user: 'Sort {q}', placeholders: ['q'] },
      limits: { max_field_characters: 4 },
    },
    warnings: 2,
  },
])('reports repaired and cut texts of records as those of a table, $what', async ({ agent, warnings }) => {
  const { collection, ...live } = await open({
    agent,
    respond: (_, { number }) => say({ answer: number === 3 ? 'x\ud83d' : 'whole' }),
  });
  collection('queries').put([...words(5), 'longer']);
  const id = await live.start({});
  const report = await live.runner.drive(id);
  expect(report.warnings).toContainEqual(expect.stringMatching(/made text with half a character in 1 row \(/));
  expect(report.warnings).toHaveLength(warnings);
});

test('refuses to overwrite a place of records, before anything is sent and in an export', async () => {
  const { collection, ...live } = await open();
  collection('queries').put(words(2));
  await expect(live.start({ overwrite: true })).rejects.toMatchObject({
    message: expect.stringContaining('memory://results keeps a record for each row'),
  });
  const id = await live.start({});
  await live.runner.drive(id);
  await expect(live.runner.exportTable(id, 'memory://others', { overwrite: true })).rejects.toMatchObject({
    code: 'option_not_supported',
  });
  expect(collection('others').records.size).toBe(0);
  expect(qsOf({ collection, ...live })).toEqual(words(2));
});
