import { afterEach, beforeEach, expect, it } from 'vitest';
import { createDelivery, type Delivery, PORTION } from '../../../src/runner/output/deliver-rows.ts';
import type { OutboxLimits, RowRecord } from '../../../src/storage/rows.ts';
import type { RecordsWriter } from '../../../src/tables/row-writer.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { type LiveWorld, startLiveWorld } from '../live-world.ts';

let world: LiveWorld;
let ended: RowRecord[];
let outbox: RowRecord[];
/** How many rows are read at once because they are long. */
let longRows: number;
/** The rows of every write. */
let writes: number[][];
let delivery: Delivery;
const clock = createManualClock();

beforeEach(async () => {
  world = await startLiveWorld();
  world.collection('queries').put(Array.from({ length: PORTION + 20 }, (_, at) => `q${at}`));
  const id = await world.start();
  await world.runner.drive(id);
  const batch = await world.store.readBatch(id);
  if (batch === undefined) throw new Error('There is no batch.');
  ended = await world.store.readRows(id, { fromRow: 0, limit: PORTION + 20 });
  outbox = [];
  longRows = Number.POSITIVE_INFINITY;
  writes = [];
  const writer: RecordsWriter = {
    kind: 'records',
    uri: 'memory://others',
    async write(records) {
      writes.push(records.map(({ row }) => row));
      return [];
    },
    close: async () => undefined,
  };
  const store = {
    ...world.store,
    readOutbox: async (_: string, limits: OutboxLimits) => {
      const rows = outbox.slice(0, Math.min(limits.rows, longRows));
      return { rows, isCut: rows.length === longRows };
    },
    clearOutbox: async (_: unknown, rows: readonly { row: number }[]) => {
      outbox = outbox.filter(({ row }) => !rows.some((one) => one.row === row));
    },
  };
  const fence = { batchId: id, epoch: 1 };
  const parts = { batch, fence, deps: { ...world.deps, store, clock }, writer };
  delivery = createDelivery(parts, (thrown) => {
    throw thrown;
  });
});
afterEach(async () => {
  await delivery.finish();
  await world.close();
});

/** Ends some rows. */
function end(from: number, to: number): void {
  for (const row of ended.slice(from, to)) {
    outbox.push(row);
    delivery.wake();
  }
}

it('writes rows together that end within a fifth of a second', async () => {
  end(0, 2);
  await clock.advance(150);
  end(2, 3);
  expect(writes).toEqual([]);
  await clock.advance(50);
  await expect.poll(() => writes).toEqual([[0, 1, 2]]);
  end(3, 4);
  await clock.advance(200);
  await expect.poll(() => writes).toEqual([[0, 1, 2], [3]]);
});

it('waits no longer once a portion is full', async () => {
  end(0, PORTION);
  await expect.poll(() => writes.flat()).toHaveLength(PORTION);
});

it('lets the rows that a full portion leaves wait for others', async () => {
  end(0, PORTION + 3);
  await expect.poll(() => writes.flat()).toHaveLength(PORTION);
  await clock.advance(150);
  end(PORTION + 3, PORTION + 5);
  expect(writes).toHaveLength(1);
  await clock.advance(50);
  await expect.poll(() => writes[1]).toHaveLength(5);
});

it('waits no longer at the end', async () => {
  end(0, 3);
  await delivery.finish();
  expect(writes).toEqual([[0, 1, 2]]);
});

it('writes long rows a few at a time, without a wait in between', async () => {
  longRows = 2;
  end(0, 5);
  await clock.advance(200);
  await expect.poll(() => writes).toEqual([[0, 1], [2, 3], [4]]);
});
