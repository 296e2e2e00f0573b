import { createHash } from 'node:crypto';
import { openChunkQueue } from '../../../fleet/chunk-queue.ts';
import { removeCoordinator } from '../../../fleet/coordinators.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import { PLACES } from '../../../fleet/places.ts';
import { readStream } from '../../../fleet/stream-reader.ts';
import { createStreamSender } from '../../../fleet/stream-sender.ts';
import { OPTION_DEFAULTS } from '../../contract/request/options.ts';
import { planOf } from '../../output/results.ts';
import type { ProcessOptions, RemoteBatch } from '../executor.ts';
import { createDispatch } from './dispatch.ts';
import { hashModules } from './hash-modules.ts';
import { createHeldRuns } from './held-runs.ts';
import { lookAtFleet } from './look-at-fleet.ts';
import type { AnyAsk, FleetSnapshot, OwnPrices } from './messages.ts';
import { createReceiver } from './receive.ts';
import { createRemoteRows } from './remote-rows.ts';
import { createRunTable } from './run-table.ts';
import { type ServeParts, serveWorker } from './serve-worker.ts';
import { createWorkerWatch } from './watch-workers.ts';

/** The rows of one batch on workers. */
export interface FleetBatch extends RemoteBatch {
  close(): Promise<void>;
}

/** How long workers have to tell which runs of an earlier lease they hold, in milliseconds. */
const HOLD_MS = 3_000;
/** A lease that was renewed within this time counts as proved, in milliseconds. */
const PROOF_MS = 1_000;

/** Begins to serve the workers of a batch. */
export async function openFleetBatch(
  options: ProcessOptions,
  { fleet, prices }: { fleet: Fleet; prices: OwnPrices },
): Promise<FleetBatch> {
  const { batch, fence, deps, tuning, drain } = options;
  const { log, clock, store, events, newId } = deps;
  const { connections, envelope, version } = fleet;
  const { epoch, batchId } = fence;
  const commands = connections.commands();
  const tags = planOf(batch).agent.requires ?? [];
  await connections.ready();
  const queue = await openChunkQueue(fleet, tags);
  const sender = createStreamSender(commands, envelope, log);
  const runs = createRunTable();
  const held = createHeldRuns();
  const snapshots = new Map<string, FleetSnapshot>();
  const watch = createWorkerWatch({ version, tags });
  const dispatch = createDispatch({
    ...{ queue, batchId, epoch, newId, log, slots: watch.slots },
    priority: () => tuning.now().priority ?? OPTION_DEFAULTS.priority,
    concurrency: () => tuning.now().concurrency,
    now: () => clock.monotonic(),
  });
  const settled = new Promise<void>((resolve) => setTimeout(resolve, HOLD_MS).unref());
  const rows = createRemoteRows({ batchId, epoch, runs, dispatch, sender, drain, held, settled });
  const serve: ServeParts = {
    ...{ runs, store, fence, events, snapshots, held, log, prices: deps.prices },
    ...{ begin: dispatch.begin, measure: dispatch.measure, release: rows.release },
    ...{ proveLease: createLeaseProof(options), tellUnfit: createUnfitNotice(options) },
  };
  const onMessages = createReceiver({
    ...{ batchId, epoch, sender, events, log },
    serve: ({ body, from, again = false }) => serveWorker(body as AnyAsk, { from, again }, serve),
  });
  const reader = readStream(PLACES.batch(batchId), {
    ...{ reader: connections.reader(), commands, envelope, log, onMessages },
  });
  const looks = await lookAtFleet({ fleet, fence, tags, watch, sender, runs, rows, dispatch, now: clock.now, log });
  drain.addEventListener('abort', rows.endWaiting);
  return {
    ...{ concurrency: looks.concurrency, listen: looks.listen },
    async open(snapshot, model) {
      const modules = await hashModules(snapshot.agent);
      const full: FleetSnapshot = { batch: snapshot, prices, modules, caches: model.cacheOf !== undefined };
      const hash = createHash('sha256').update(JSON.stringify(full)).digest('hex');
      snapshots.set(hash, full);
      model.calls.halt?.addEventListener('abort', rows.endWaiting);
      return { run: (...args) => rows.run({ ...model, snapshot: hash }, ...args) };
    },
    async close() {
      looks.close();
      drain.removeEventListener('abort', rows.endWaiting);
      reader.close();
      await removeCoordinator({ redis: commands, envelope }, batchId, epoch).catch((): undefined => undefined);
      await dispatch.close();
    },
  };
}

/** Renews the lease where that was not done a moment ago. */
function createLeaseProof({ fence, deps: { store, clock } }: ProcessOptions): () => Promise<void> {
  let provedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const at = clock.monotonic();
    if (at - provedAt < PROOF_MS) return;
    await store.renewLease(fence);
    provedAt = at;
  };
}

/** Says, once, why a worker can't run the agent. */
function createUnfitNotice({ fence, deps: { log } }: ProcessOptions): ServeParts['tellUnfit'] {
  const reported = new Set<string>();
  return (worker, reason) => {
    if (reported.has(`${worker} ${reason}`)) return;
    reported.add(`${worker} ${reason}`);
    log.warn({ batchId: fence.batchId, worker, reason }, 'a worker can not run the agent');
  };
}
