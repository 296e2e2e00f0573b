import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../base/clock.ts';
import type { BatchRecord } from '../../../storage/batches.ts';
import type { RowFilter } from '../../../storage/rows.ts';
import type { Store } from '../../../storage/store.ts';

/** Rows that are read at once: 3 ms. */
const PORTION = 5_000;
/** Orders are kept up to this many rows in all: four bytes each. */
const MOST_ROWS = 16_000_000;
/** The order of a batch that runs is used again for this long, or for five times as long as it took to make. */
const FRESH_MS = 2_000;
/** A row that has not ended comes last. */
const NEVER = 2 ** 32 - 1;

/** The numbers of the rows of batches by the time of their end, made when they are asked for. */
export interface RowOrders {
  read(batch: BatchRecord, filter: RowFilter): Promise<Uint32Array>;
}

interface Order {
  version: string;
  rows: Promise<Uint32Array>;
  size: number;
  freshUntil: number;
}

/** Starts without orders. The one that was used last is kept longest. */
export function createRowOrders({ store, clock }: { store: Store; clock: Clock }): RowOrders {
  const known = new Map<string, Order>();
  function trim(): void {
    let left = MOST_ROWS;
    for (const [key, { size }] of [...known].reverse()) {
      left -= size;
      if (left < 0 && known.size > 1) known.delete(key);
    }
  }
  return {
    async read(batch, filter) {
      const key = `${batch.id} ${filter.status ?? ''} ${filter.code ?? ''}`;
      const version = JSON.stringify([batch.status, batch.endedAt, batch.totals]);
      const found = known.get(key);
      known.delete(key);
      const now = clock.monotonic();
      const isGood =
        found !== undefined && (found.version === version || (batch.status === 'running' && now < found.freshUntil));
      const order: Order = isGood
        ? found
        : {
            version,
            size: batch.totals.rows,
            rows: makeOrder(batch, filter, store),
            freshUntil: Number.POSITIVE_INFINITY,
          };
      known.set(key, order);
      trim();
      try {
        const rows = await order.rows;
        const end = clock.monotonic();
        if (!isGood) order.freshUntil = end + Math.max(FRESH_MS, 5 * (end - now));
        return rows;
      } catch (fault) {
        if (known.get(key) === order) known.delete(key);
        throw fault;
      }
    },
  };
}

async function makeOrder(batch: BatchRecord, filter: RowFilter, store: Store): Promise<Uint32Array> {
  let rows = new Uint32Array(Math.max(batch.totals.rows, 1));
  let times = new Uint32Array(rows.length);
  let count = 0;
  for (let fromRow = 0; ; ) {
    const portion = await store.readRowEnds(batch.id, { filter, fromRow, limit: PORTION });
    for (const { row, endedAt } of portion) {
      if (count === rows.length) [rows, times] = [grown(rows), grown(times)];
      rows[count] = row;
      times[count] = endedAt === null ? NEVER : Math.min(Math.max(endedAt - batch.createdAt, 0), NEVER - 1);
      count += 1;
    }
    const last = portion.at(-1);
    if (last === undefined || portion.length < PORTION) break;
    fromRow = last.row + 1;
    await nextTurn();
  }
  return sortByTime(rows.subarray(0, count), times.subarray(0, count));
}

function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/**
 * Sorts rows by their times, and by number where times are the same, in two passes over 16 bits each, because a
 * comparison sort of a million would hold the event loop for a quarter of a second.
 */
async function sortByTime(rows: Uint32Array, times: Uint32Array): Promise<Uint32Array> {
  let [fromRows, fromTimes] = [rows, times];
  for (const shift of [0, 16]) {
    const starts = new Uint32Array(65_537);
    const digitOf = (time: number) => (time >>> shift) & 0xffff;
    for (const time of fromTimes) starts[digitOf(time) + 1] = at(starts, digitOf(time) + 1) + 1;
    for (let digit = 0; digit < 65_536; digit += 1) starts[digit + 1] = at(starts, digit + 1) + at(starts, digit);
    const toRows = new Uint32Array(rows.length);
    const toTimes = new Uint32Array(rows.length);
    for (let index = 0; index < rows.length; index += 1) {
      const time = at(fromTimes, index);
      const place = at(starts, digitOf(time));
      starts[digitOf(time)] = place + 1;
      toRows[place] = at(fromRows, index);
      toTimes[place] = time;
    }
    [fromRows, fromTimes] = [toRows, toTimes];
    await nextTurn();
  }
  return fromRows;
}

function at(array: Uint32Array, index: number): number {
  return array[index] ?? 0;
}
