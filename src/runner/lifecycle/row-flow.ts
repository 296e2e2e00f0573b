import { type AppError, toAppError } from '../../base/errors.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import type { ClaimOptions, RowRecord } from '../../storage/rows.ts';
import type { LiveSource } from '../../tables/row-source.ts';
import type { RecordsWriter } from '../../tables/row-writer.ts';
import { OPTION_DEFAULTS } from '../contract/request/options.ts';
import { readingOf } from '../contract/request/reading.ts';
import type { RunnerDeps } from '../deps.ts';
import type { RowArrivals } from '../execution/claims.ts';
import { startFeeder } from '../intake/table/feed-rows.ts';
import { createDelivery } from '../output/deliver-rows.ts';
import { outputHeader, planOf } from '../output/results.ts';
import { atHome, type Drive } from './drive-context.ts';
import type { LiveTuning } from './live-tuning.ts';

/** The parallel flow of a batch whose rows run: new rows are loaded from its source, and ended rows are delivered. */
export interface RowFlow {
  /** The runner's dependencies; their store reports claimed and ended rows to the flow. */
  deps: RunnerDeps;
  /** Absent where all rows are loaded. */
  arrivals?: RowArrivals;
  /** Fires once rows can no longer be loaded or delivered: no new rows start from then on. */
  broken: AbortSignal;
  /** The fault that fired `broken`, if it did. */
  fault(): AppError | undefined;
  /** Stops loading, delivers the ended rows, and closes the source and the output. */
  close(): Promise<void>;
}

/** Opens the flow of a batch; undefined for one whose rows are all loaded and go into a table at its end. */
export async function openRowFlow(batch: BatchRecord, drive: Drive, tuning: LiveTuning): Promise<RowFlow | undefined> {
  if (batch.intake === null && !batch.delivers) return undefined;
  const { deps, fence } = drive;
  const places = await openPlaces(batch, drive);
  const { source } = places;
  const broken = new AbortController();
  let fault: AppError | undefined;
  const onFault = (thrown: unknown) => {
    fault ??= toAppError(thrown);
    broken.abort();
  };
  const delivery = createDelivery({ batch, fence, deps, ...places }, onFault);
  const ahead = () => tuning.now().concurrency ?? OPTION_DEFAULTS.concurrency;
  const feeder =
    source && batch.intake?.isOver === false
      ? startFeeder({ source, batch, fence, store: deps.store, ahead, onFault })
      : undefined;
  const unlisten = tuning.listen(() => feeder?.wake());
  // Rows that an earlier process left undelivered are delivered immediately.
  delivery.wake();
  return {
    deps: {
      ...deps,
      store: {
        ...deps.store,
        claimRows: async (claimFence, options) => {
          const rows = await claimHeld(claimFence, options, { store: deps.store, clock: deps.clock, source });
          feeder?.wake();
          delivery.wake();
          return rows;
        },
        finishRow: async (...end) => {
          await deps.store.finishRow(...end);
          delivery.wake();
        },
      },
    },
    ...(feeder === undefined ? {} : { arrivals: feeder.arrivals }),
    broken: broken.signal,
    fault: () => fault,
    async close() {
      unlisten();
      await feeder?.stop();
      await delivery.finish().catch(onFault);
      await closePlaces(places);
    },
  };
}

/** Delivers the remaining rows of a batch that ends, and returns rows that it does not run to the source. */
export async function endRowFlow(batch: BatchRecord, drive: Drive): Promise<void> {
  if (batch.intake === null && !batch.delivers) return;
  const { deps, fence } = drive;
  const places = await openPlaces(batch, drive);
  const rethrow = (thrown: unknown) => {
    throw thrown;
  };
  try {
    await createDelivery({ batch, fence, deps, ...places }, rethrow).finish();
    if (batch.ending !== 'completed') await places.source?.nack?.('rest', `the batch is ${batch.ending}`);
  } finally {
    await closePlaces(places);
  }
}

interface Claiming extends Pick<RunnerDeps, 'store' | 'clock'> {
  source: LiveSource | undefined;
}

/**
 * Claims rows that the source still has for this batch. A row that it has lost fails before anything is paid for it,
 * and the next one is claimed instead: fewer rows than asked for mean that no more are queued.
 */
async function claimHeld(
  fence: Fence,
  options: ClaimOptions,
  { store, clock, source }: Claiming,
): Promise<RowRecord[]> {
  if (source?.hold === undefined) return store.claimRows(fence, options);
  const held: RowRecord[] = [];
  while (true) {
    const limit = options.limit - held.length;
    const rows = await store.claimRows(fence, { ...options, limit });
    const asked = rows.flatMap(({ key, cells }) => (key === null ? [] : [{ key, cells }]));
    const refused = asked.length === 0 ? [] : await source.hold(asked);
    const errors = new Map(refused.map(({ key, error }) => [key, error]));
    for (const row of rows) {
      const error = errors.get(row.key ?? '');
      if (error === undefined) held.push(row);
      else {
        const ended = { processingMs: 0, endedAt: clock.now() };
        await store.finishRow(fence, row.row, { status: 'failed', input: null, error, ...ended });
      }
    }
    if (refused.length === 0 || rows.length < limit) return held;
  }
}

interface Places {
  source?: LiveSource;
  writer?: RecordsWriter;
}

async function openPlaces(batch: BatchRecord, drive: Drive): Promise<Places> {
  const plan = planOf(batch);
  const { tables } = atHome(drive.deps, plan);
  const places: Places = {};
  if (batch.intake !== null) {
    const options = {
      batchId: batch.id,
      signal: drive.hard.signal,
      reading: readingOf(plan.reading ?? plan.request.reading),
    };
    const source = await tables.openSource(plan.request.csv_uri, options);
    if (source.loads === 'while-running') places.source = source;
  }
  if (tables.writerKind(plan.outputUri) === 'records') {
    const writer = await tables.openWriter(plan.outputUri, outputHeader(batch));
    if (writer.kind === 'records') places.writer = writer;
  }
  return places;
}

async function closePlaces({ source, writer }: Places): Promise<void> {
  await source?.close();
  await writer?.close();
}
