import { expect, test } from 'vitest';
import { createEvents } from '../../src/telemetry/create-events.ts';
import type { EventMap } from '../../src/telemetry/events.ts';

const rowEnd = (row: number): EventMap['row-end'] => ({
  ...{ batchId: 'bat_1', row, attempt: 1, outcome: 'succeeded', code: null, processingMs: 1, at: 0 },
});

function open() {
  const logged: string[] = [];
  const write = (_: unknown, message: string) => logged.push(message);
  const events = createEvents({ log: { error: write, warn: write } as never });
  return { events, logged };
}

/** Lets everything that waits for the event loop go on. */
const turns = async (count = 3) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

test('delivers every event in order to every listener, after emit has returned', async () => {
  const { events } = open();
  const seen: number[][] = [[], []];
  for (const rows of seen) events.on('row-end', ({ row }) => rows.push(row));
  for (const row of [1, 2, 3]) events.emit('row-end', rowEnd(row));
  await Promise.resolve();
  expect(seen).toEqual([[], []]);
  await turns();
  expect(seen).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ]);
});

test('says whether anybody listens to a name', () => {
  const { events } = open();
  expect(events.has('row-end')).toBe(false);
  const offs = [events.on('row-end', () => undefined), events.on('row-end', () => undefined)];
  expect([events.has('row-end'), events.has('batch-status')]).toEqual([true, false]);
  offs[0]?.();
  offs[0]?.();
  expect(events.has('row-end')).toBe(true);
  offs[1]?.();
  expect(events.has('row-end')).toBe(false);
});

test('an ended listener that is ended again leaves a later one alone', async () => {
  const { events } = open();
  const off = events.on('row-end', () => undefined);
  off();
  const rows: number[] = [];
  events.on('row-end', ({ row }) => rows.push(row));
  off();
  events.emit('row-end', rowEnd(1));
  await turns();
  expect(rows).toEqual([1]);
});

test('gives nothing to a listener that has ended, not even what waits for it', async () => {
  const { events } = open();
  const rows: number[] = [];
  const off = events.on('row-end', ({ row }) => rows.push(row));
  events.emit('row-end', rowEnd(1));
  off();
  events.emit('row-end', rowEnd(2));
  await turns();
  expect(rows).toEqual([]);
});

test('logs a listener that throws or rejects once, and goes on with it and the others', async () => {
  const { events, logged } = open();
  const rows: number[] = [];
  const fail = ({ row }: EventMap['row-end']) => {
    rows.push(row);
    throw new Error('broken');
  };
  events.on('row-end', fail);
  events.on('row-end', async (event) => fail(event));
  for (const row of [1, 2, 3]) events.emit('row-end', rowEnd(row));
  await turns();
  expect(rows.toSorted()).toEqual([1, 1, 2, 2, 3, 3]);
  expect(logged).toEqual(['an event listener failed', 'an event listener failed']);
});

test('gives a listener the next event when its promise has settled', async () => {
  const { events } = open();
  const doors: (() => void)[] = [];
  events.on('row-end', () => new Promise<void>((resolve) => doors.push(resolve)));
  events.emit('row-end', rowEnd(1));
  events.emit('row-end', rowEnd(2));
  await turns();
  expect(doors).toHaveLength(1);
  doors[0]?.();
  await turns();
  expect(doors).toHaveLength(2);
});

test('a listener that hangs keeps the latest events in a bounded buffer, and the others get all', async () => {
  const { events, logged } = open();
  const slow: number[] = [];
  const fast: number[] = [];
  let release: () => void = () => undefined;
  const hung = new Promise<void>((resolve) => {
    release = resolve;
  });
  events.on('row-end', async ({ row }) => {
    slow.push(row);
    await hung;
  });
  events.on('row-end', ({ row }) => fast.push(row));
  events.emit('row-end', rowEnd(0));
  await turns();
  for (let row = 1; row <= 15_000; row += 1) {
    events.emit('row-end', rowEnd(row));
    if (row % 1_000 === 0) await turns(1);
  }
  await turns();
  expect(fast).toHaveLength(15_001);
  release();
  await turns(20);
  expect(slow).toHaveLength(10_001);
  expect(slow.at(1)).toBe(5_001);
  expect(slow.at(-1)).toBe(15_000);
  expect(logged).toEqual(['an event listener is slow; its oldest events are dropped']);
});

test.each([
  ['at once', () => undefined],
  ['by a promise', () => Promise.resolve()],
])('a long row of events leaves the event loop to others, with a listener that answers %s', async (_, answer) => {
  const { events } = open();
  let delivered = 0;
  events.on('row-end', () => {
    delivered += 1;
    return answer();
  });
  for (let row = 0; row < 2_500; row += 1) events.emit('row-end', rowEnd(row));
  await turns(1);
  expect(delivered).toBe(1_000);
  await turns();
  expect(delivered).toBe(2_500);
});
