import { type AppError, toAppError } from '../../base/errors.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { LiveSource } from '../../tables/row-source.ts';
import type { RecordsWriter } from '../../tables/row-writer.ts';
import { OPTION_DEFAULTS } from '../contract/options.ts';
import type { RunnerDeps } from '../deps.ts';
import type { RowArrivals } from '../execution/claims.ts';
import { startFeeder } from '../intake/feed-rows.ts';
import { createDelivery } from '../output/deliver-rows.ts';
import { outputHeader, planOf } from '../output/results.ts';
import { atHome, type Drive } from './drive-context.ts';
import type { LiveTuning } from './live-tuning.ts';

/** What goes on beside the rows of a batch while they run: rows come from its source, and ended ones go where they belong. */
export interface RowFlow {
  /** The runner's parts; their store tells the flow of claims and ends. */
  deps: RunnerDeps;
  /** Absent where all rows are loaded. */
  arrivals?: RowArrivals;
  /** Fires once nothing can come or go any more: no new rows from then on. */
  broken: AbortSignal;
  /** Why, if it did. */
  fault(): AppError | undefined;
  /** Ends the loading, delivers what has ended, and closes both places. */
  close(): Promise<void>;
}

/** The flow of a batch whose rows run; undefined for one whose rows were all loaded before and go into a table at its end. */
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
  const delivery = createDelivery({ batch, fence, deps, ...places, signal: drive.hard.signal }, onFault);
  const ahead = () => tuning.now().concurrency ?? OPTION_DEFAULTS.concurrency;
  const feeder =
    source && batch.intake?.isOver === false
      ? startFeeder({ source, batch, fence, store: deps.store, ahead, onFault })
      : undefined;
  const unlisten = tuning.listen(() => feeder?.wake());
  // What an earlier process has left undelivered goes at once.
  delivery.wake();
  return {
    deps: {
      ...deps,
      store: {
        ...deps.store,
        claimRows: async (...claim) => {
          const rows = await deps.store.claimRows(...claim);
          feeder?.wake();
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

/** Delivers what is left of a batch that comes to its end, and gives rows back that it does not run. */
export async function endRowFlow(batch: BatchRecord, drive: Drive): Promise<void> {
  if (batch.intake === null && !batch.delivers) return;
  const { deps, fence } = drive;
  const places = await openPlaces(batch, drive);
  const rethrow = (thrown: unknown) => {
    throw thrown;
  };
  try {
    await createDelivery({ batch, fence, deps, ...places, signal: drive.hard.signal }, rethrow).finish();
    if (batch.ending !== 'completed') await places.source?.nack?.('rest', `the batch is ${batch.ending}`);
  } finally {
    await closePlaces(places);
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
    const source = await tables.openSource(plan.request.csv_uri, { batchId: batch.id, signal: drive.hard.signal });
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
