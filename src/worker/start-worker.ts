import { once } from 'node:events';
import { hostname } from 'node:os';
import { toAppError } from '../base/errors.ts';
import type { Chunk } from '../fleet/chunk-queue.ts';
import { type Coordinator, readCoordinator } from '../fleet/coordinators.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { FleetSettings } from '../fleet/fleet-settings.ts';
import { PLACES } from '../fleet/places.ts';
import type { PresenceReport } from '../fleet/presence.ts';
import { readStream } from '../fleet/stream-reader.ts';
import { createStreamSender } from '../fleet/stream-sender.ts';
import { toWorker } from '../runner/execution/fleet/messages.ts';
import { handOver } from './hand-over.ts';
import { startKeepAlive } from './keep-alive.ts';
import type { WorkerParts } from './open-snapshots.ts';
import { type HealthPlace, serveHealth } from './serve-health.ts';
import { serveQueues } from './serve-queues.ts';
import { createSlots } from './slots.ts';
import { watchCoordinators } from './watch-coordinators.ts';
import { createWorkerBatches, type WorkerBatches } from './worker-batches.ts';

/** What a worker is. */
export interface WorkerOptions {
  /** New for each process. */
  id: string;
  tags: string[];
  /** How many rows it runs at a time. */
  concurrency: number;
  /** Once it fires, the rows in progress are finished and no others begun. */
  drain: AbortSignal;
  /** Once it fires, calls in flight are cancelled. */
  hard: AbortSignal;
  /** Absent: it answers no HTTP. */
  health?: HealthPlace | undefined;
  /** Called when the worker takes rows, with the address of its health. */
  onReady: (healthUrl: string | undefined) => void;
}

/** Runs rows for the fleet until it is drained. */
export async function runWorker(
  { id, tags, concurrency, drain, hard, health, onReady }: WorkerOptions,
  { fleet, settings, parts }: { fleet: Fleet; settings: FleetSettings; parts: WorkerParts },
): Promise<void> {
  const { connections, envelope, version } = fleet;
  const { clock, log } = parts;
  const commands = connections.commands();
  const sender = createStreamSender(commands, envelope, log);
  const slots = createSlots(concurrency);
  const batches = createWorkerBatches({ worker: id, sender, slots, parts, hard }, drain);
  const coordinatorOf = (batchId: string) => readCoordinator({ redis: commands, envelope }, batchId);
  const reader = readStream(PLACES.worker(id), {
    ...{ reader: connections.reader(), commands, envelope, log },
    onMessages: (messages) => {
      for (const message of messages) {
        const parsed = toWorker.safeParse(message);
        if (parsed.success) batches.get(parsed.data.batchId)?.session.receive(parsed.data);
      }
      return 'handled';
    },
  });
  const startedAt = clock.now();
  const presence = (): PresenceReport => ({
    ...{ id, host: hostname(), pid: process.pid, version, tags, concurrency, ...batches.report() },
    ...{ isDraining: drain.aborted, startedAt, beat: 0 },
  });
  await connections.ready();
  const probe = health === undefined ? undefined : await serveHealth(health, presence);
  const alive = await startKeepAlive(settings, presence);
  const watch = watchCoordinators(fleet, log);
  const sessionOf = async (batchId: string) => {
    const found = await coordinatorOf(batchId);
    return found === undefined ? undefined : batches.of({ batchId, epoch: found.epoch }).session;
  };
  const handing = handOver(parts.kept, sessionOf, { drain, clock, log });
  await handing.first;
  const onChunk = createChunkRunner(batches, coordinatorOf);
  const queues = await serveQueues({ fleet, tags, concurrency, locks: alive, onChunk, log });
  onReady(probe?.url);
  try {
    if (!drain.aborted) await Promise.race([once(drain, 'abort'), alive.failed]);
    await queues.drain();
    await batches.settled();
  } finally {
    watch.close();
    probe?.close();
    reader.close();
    await batches.close();
    await alive.close();
    await handing.all.catch((thrown: unknown) => log.warn({ reason: toAppError(thrown).message }, 'answers were kept'));
    parts.kept.close();
  }
}

/** Runs chunks of batches whose coordinator is there. */
function createChunkRunner(
  batches: WorkerBatches,
  coordinatorOf: (batchId: string) => Promise<Coordinator | undefined>,
): (chunk: Chunk) => Promise<void> {
  /** What silent coordinators had reported last. */
  const silent = new Map<string, number>();
  return async (chunk) => {
    const { batchId } = chunk;
    const found = await coordinatorOf(batchId);
    // It is of a batch that has ended or whose coordinator is gone: the next coordinator makes others.
    if (found === undefined || silent.get(batchId) === found.at) return;
    silent.delete(batchId);
    const { promise: silence, resolve: tellSilence } = Promise.withResolvers<'silent'>();
    const unlisten = batches.of(chunk).session.onSilence(() => tellSilence('silent'));
    // Rows that wait for a coordinator that is gone leave their place to other batches; they go on when there is one.
    if ((await Promise.race([batches.run(chunk), silence])) === 'silent') silent.set(batchId, found.at);
    unlisten();
  };
}
