import { AppError } from '../../base/errors.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import type { OutboxRow, RefusedRow } from '../../storage/rows.ts';
import type { EndedRow, LiveSource, Refusal } from '../../tables/row-source.ts';
import type { RecordsWriter } from '../../tables/row-writer.ts';
import type { RunnerDeps } from '../deps.ts';
import { createRecords } from './output-record.ts';

/**
 * Rows that are written and acknowledged together, at most. A place on a network is asked several times for each portion,
 * however few rows it has: five times by a collection of MongoDB. Measured: portions of 500 take more processor time, because
 * more of what they hold outlives a collection of garbage.
 */
export const PORTION = 250;
/** Text of rows that are written together, in characters, so that large rows need no more memory than small ones. */
const PORTION_CHARACTERS = 4 * 1024 * 1024;
/** Rows that an export reads at once. */
const EXPORT_ROWS = 100;
/** How long an ended row waits for others, so that they are written together, in milliseconds. */
const GATHER_MS = 200;

/** Where the ended rows of a batch go: a writer of records, the source that waits for acknowledgement, or both. */
export interface DeliveryParts {
  batch: BatchRecord;
  fence: Fence;
  deps: Pick<RunnerDeps, 'store' | 'clock'>;
  writer?: RecordsWriter;
  source?: LiveSource;
}

/** Delivers rows that have ended. */
export interface Delivery {
  /** Reports that a row has ended; its delivery starts automatically. */
  wake(): void;
  /** Resolves once every ended row is delivered. */
  finish(): Promise<void>;
}

/**
 * A row is written, then acknowledged, then removed from the outbox. A crash before the removal delivers the row again:
 * the write and the acknowledgement are idempotent by its key. A row that the source or the writer refuses fails.
 * @param onFault called once, when a place refuses or can't be reached; after that, `wake` delivers nothing
 */
export function createDelivery(parts: DeliveryParts, onFault: (thrown: unknown) => void): Delivery {
  const deliver = createPortions(parts);
  let running: Promise<void> | undefined;
  let due = 0;
  let isBroken = false;
  let isFinishing = false;
  let gathering = new AbortController();
  const gather = async (): Promise<void> => {
    gathering = new AbortController();
    if (isFinishing || due >= PORTION) return;
    await parts.deps.clock.sleep(GATHER_MS, gathering.signal).catch(() => undefined);
  };
  const run = async (): Promise<void> => {
    try {
      while (due > 0) {
        await gather();
        const known = due;
        const delivered = await deliver();
        // A full portion may leave rows behind: they wait for others.
        due = delivered < PORTION ? due - known : Math.max(due - delivered, 1);
      }
    } catch (thrown) {
      isBroken = true;
      onFault(thrown);
    } finally {
      // In the same step as the last look at what is due: a wake after it starts the next run.
      running = undefined;
    }
  };
  return {
    wake() {
      due += 1;
      // Once: each call makes an error, also of a signal that has fired.
      if (due === PORTION) gathering.abort();
      if (isBroken) return;
      running ??= run();
    },
    async finish() {
      isFinishing = true;
      gathering.abort();
      await running;
      while (!isBroken && (await deliver()) === PORTION);
    },
  };
}

/** Delivers a portion of what is in the outbox, large rows a few at a time; resolves to the number of its rows. */
function createPortions(parts: DeliveryParts): () => Promise<number> {
  const { batch, deps } = parts;
  const recordsOf = createRecords(batch, deps.store);
  return async () => {
    let delivered = 0;
    while (delivered < PORTION) {
      const limits = { rows: PORTION - delivered, characters: PORTION_CHARACTERS };
      const { rows, isCut } = await deps.store.readOutbox(batch.id, limits);
      if (rows.length > 0) await deliverPortion(rows, { ...parts, recordsOf });
      delivered += rows.length;
      if (!isCut) break;
    }
    return delivered;
  };
}

interface PortionParts extends DeliveryParts {
  recordsOf: ReturnType<typeof createRecords>;
}

async function deliverPortion(rows: readonly OutboxRow[], parts: PortionParts): Promise<void> {
  const { fence, deps, writer, source, recordsOf } = parts;
  const refused = new Map<string, Refusal['error']>();
  const refuse = async (refusals: readonly Refusal[] | undefined) => {
    for (const { key, error } of refusals ?? []) refused.set(key, error);
    const ones = rows.flatMap((row) => refusedRow(row, refused));
    if (ones.length > 0) await deps.store.refuseRows(fence, ones);
  };
  const isIn = ({ key }: { key: string }) => !refused.has(key);
  const ended = rows.filter(isEnded);
  if (source?.hold !== undefined) await refuse(await source.hold(ended.filter(({ status }) => status === 'succeeded')));
  if (writer !== undefined) {
    const records = await recordsOf(rows);
    await refuse(await writer.write(records.filter(isIn)));
  }
  const asNow = (row: EndedRow): EndedRow => (isIn(row) ? row : { key: row.key, status: 'failed', cells: row.cells });
  if (ended.length > 0) await refuse(await source?.ack?.(ended.map(asNow)));
  await deps.store.clearOutbox(fence, rows);
}

function isEnded(row: OutboxRow): row is OutboxRow & EndedRow {
  return row.key !== null && (row.status === 'succeeded' || row.status === 'failed');
}

function refusedRow(row: OutboxRow, refused: ReadonlyMap<string, Refusal['error']>): RefusedRow[] {
  const error = refused.get(row.key ?? '');
  return error === undefined ? [] : [{ row: row.row, attempt: row.attempt, error }];
}

/**
 * Writes every ended row of a batch, even if it was delivered before.
 * @throws AppError `output_failed` once all others are written, with the first of the records that were refused
 */
export async function exportRecords(
  batch: BatchRecord,
  writer: RecordsWriter,
  { store }: Pick<RunnerDeps, 'store'>,
): Promise<void> {
  const refused: Refusal[] = [];
  const recordsOf = createRecords(batch, store);
  for (let fromRow = 0; ; ) {
    const rows = await store.readRows(batch.id, { fromRow, limit: EXPORT_ROWS });
    const last = rows.at(-1);
    if (last === undefined) break;
    const ended = rows.filter(({ status }) => status === 'succeeded' || status === 'failed');
    refused.push(...(await writer.write(await recordsOf(ended))));
    fromRow = last.row + 1;
  }
  const [first] = refused;
  if (first === undefined) return;
  const what = refused.length === 1 ? '1 record was' : `${refused.length} records were`;
  throw new AppError('output_failed', `${what} not written to ${writer.uri}. The first: ${first.error.message}`);
}
