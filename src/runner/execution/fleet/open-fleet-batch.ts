import { createHash } from 'node:crypto';
import { toAppError } from '../../../base/errors.ts';
import { openChunkQueue } from '../../../fleet/chunk-queue.ts';
import { removeCoordinator, writeCoordinator } from '../../../fleet/coordinators.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import { PLACES } from '../../../fleet/places.ts';
import { readPresences } from '../../../fleet/presence.ts';
import { readStream } from '../../../fleet/stream-reader.ts';
import { createStreamSender } from '../../../fleet/stream-sender.ts';
import { OPTION_DEFAULTS } from '../../contract/request/options.ts';
import { planOf } from '../../output/results.ts';
import type { ProcessOptions, RemoteBatch } from '../executor.ts';
import { createDispatch } from './dispatch.ts';
import { hashModules } from './hash-modules.ts';
import { createHeldRuns } from './held-runs.ts';
import type { FleetSnapshot, OwnPrices } from './messages.ts';
import { createReceiver } from './receive.ts';
import { createRemoteRows } from './remote-rows.ts';
import { createRunTable } from './run-table.ts';
import { serveWorker } from './serve-worker.ts';
import { createWorkerWatch } from './watch-workers.ts';

/** The rows of one batch on workers. */
export interface FleetBatch extends RemoteBatch {
  close(): Promise<void>;
}

/** How often workers and queue are compared with what the coordinator expects, in milliseconds. */
const LOOK_MS = 1_000;
/** After so many looks without a worker it is said. */
const ALONE_LOOKS = 5;
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
  const board = { redis: commands, envelope };
  const tags = planOf(batch).agent.requires ?? [];
  await connections.ready();
  const queue = await openChunkQueue(fleet, { version, tags });
  const sender = createStreamSender(commands, envelope, log);
  const runs = createRunTable();
  const held = createHeldRuns();
  const snapshots = new Map<string, FleetSnapshot>();
  const watch = createWorkerWatch();
  const listeners = new Set<() => void>();
  const priority = () => tuning.now().priority ?? OPTION_DEFAULTS.priority;
  /** The workers that take the rows, as of the last look: `concurrency` is asked for with every row. */
  const fit = { workers: 0, slots: 0 };
  const dispatch = createDispatch({
    ...{ queue, batchId, epoch, priority, newId, log },
    slots: () => fit.slots,
    concurrency: () => tuning.now().concurrency,
    now: () => clock.monotonic(),
  });
  const settled = new Promise<void>((resolve) => setTimeout(resolve, HOLD_MS).unref());
  const rows = createRemoteRows({ batchId, epoch, runs, dispatch, sender, drain, held, settled });
  let provedAt = Number.NEGATIVE_INFINITY;
  const proveLease = async () => {
    if (clock.monotonic() - provedAt < PROOF_MS) return;
    const at = clock.monotonic();
    await store.renewLease(fence);
    provedAt = at;
  };
  const unfit = new Set<string>();
  const tellUnfit = (worker: string, reason: string) => {
    if (unfit.has(`${worker} ${reason}`)) return;
    unfit.add(`${worker} ${reason}`);
    log.warn({ batchId, worker, reason }, 'a worker can not run the agent');
  };
  const parts = { tellUnfit, prices: deps.prices, runs, store, fence, events, snapshots, held, log, proveLease };
  const receive = createReceiver({
    ...{ batchId, epoch, sender, events, log },
    serve: ({ body, from, again = false }) =>
      serveWorker(
        body as Parameters<typeof serveWorker>[0],
        { from, again },
        {
          ...parts,
          release: rows.release,
          measure: dispatch.measure,
          begun: dispatch.begun,
        },
      ),
  });
  const reader = readStream(PLACES.batch(batchId), {
    ...{ reader: connections.reader(), commands, envelope, log, onMessages: receive },
  });
  // Every slot has a chunk, and some wait, so that no worker that has run one waits for the next.
  const concurrency = () =>
    Math.max(OPTION_DEFAULTS.concurrency, Math.ceil(fit.slots * 1.25 + fit.workers) * dispatch.size());
  let looks = 0;
  /** Says, once, that rows wait and no worker takes them. */
  const tellMissing = () => {
    if (fit.workers > 0 || runs.all().length === 0) looks = 0;
    else looks += 1;
    if (looks !== ALONE_LOOKS) return;
    log.warn({ batchId, tags, version, workers: watch.alive().length }, 'no worker takes the rows');
  };
  let was = concurrency();
  const look = async () => {
    watch.see(await readPresences(commands, envelope, clock.now()));
    const workers = watch.alive().filter((worker) => isFit(worker, { version, tags }));
    fit.workers = workers.length;
    fit.slots = workers.reduce((sum, worker) => sum + worker.concurrency, 0);
    await writeCoordinator(board, batchId, { epoch, version, at: clock.now() });
    for (const run of runs.all()) if (run.holder !== undefined && !watch.isAlive(run.holder)) rows.release(run);
    await dispatch.reconcile();
    tellMissing();
    if (concurrency() === was) return;
    was = concurrency();
    for (const listener of listeners) listener();
  };
  // While Redis is away nothing is judged: the workers are not, perhaps.
  const lookSafely = () =>
    look().catch((thrown: unknown) => log.debug({ reason: toAppError(thrown).message }, 'the fleet was not read'));
  await lookSafely();
  const looking = setInterval(lookSafely, LOOK_MS);
  drain.addEventListener('abort', rows.endWaiting);
  return {
    async open(snapshot, model) {
      const modules = await hashModules(snapshot.agent);
      const full: FleetSnapshot = { batch: snapshot, prices, modules, caches: model.cacheOf !== undefined };
      const hash = createHash('sha256').update(JSON.stringify(full)).digest('hex');
      snapshots.set(hash, full);
      model.calls.halt?.addEventListener('abort', rows.endWaiting);
      return { run: (...args) => rows.run({ ...model, snapshot: hash }, ...args) };
    },
    concurrency,
    listen(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    async close() {
      clearInterval(looking);
      drain.removeEventListener('abort', rows.endWaiting);
      reader.close();
      await removeCoordinator(board, batchId, epoch).catch((): undefined => undefined);
      await dispatch.close();
    },
  };
}

function isFit(
  worker: { version: string; tags: string[]; isDraining: boolean },
  { version, tags }: { version: string; tags: readonly string[] },
): boolean {
  return worker.version === version && !worker.isDraining && tags.every((tag) => worker.tags.includes(tag));
}
