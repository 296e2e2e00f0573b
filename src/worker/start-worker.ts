import { once } from 'node:events';
import { hostname } from 'node:os';
import { toAppError } from '../base/errors.ts';
import type { Chunk } from '../fleet/chunk-queue.ts';
import { readCoordinator } from '../fleet/coordinators.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { FleetSettings } from '../fleet/fleet-settings.ts';
import { PLACES } from '../fleet/places.ts';
import type { Presence } from '../fleet/presence.ts';
import { readStream } from '../fleet/stream-reader.ts';
import { createStreamSender } from '../fleet/stream-sender.ts';
import { toWorker } from '../runner/execution/fleet/messages.ts';
import { type BatchWork, createBatchWork } from './batch-work.ts';
import { handOver } from './hand-over.ts';
import { startKeepAlive } from './keep-alive.ts';
import type { WorkerParts } from './open-snapshots.ts';
import { watchVersions } from './other-versions.ts';
import { runChunk } from './run-chunk.ts';
import { type HealthPlace, serveHealth } from './serve-health.ts';
import { serveQueues } from './serve-queues.ts';
import { createSlots } from './slots.ts';

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

/** A batch that gave no chunk for this long is forgotten, with its open tools, in milliseconds. */
const IDLE_MS = 60_000;

/** Runs rows for the fleet until it is drained. */
export async function runWorker(
  { id, tags, concurrency, drain, hard, health, onReady }: WorkerOptions,
  { fleet, settings, parts }: { fleet: Fleet; settings: FleetSettings; parts: WorkerParts },
): Promise<void> {
  const { connections, envelope, version } = fleet;
  const { clock, log } = parts;
  const commands = connections.commands();
  const sender = createStreamSender(commands, envelope, log);
  const batches = new Map<string, { work: BatchWork; chunks: number; usedAt: number }>();
  const slots = createSlots(concurrency);
  const state = { rows: 0, startedAt: clock.now() };
  const workOf = ({ batchId, epoch }: Pick<Chunk, 'batchId' | 'epoch'>) => {
    const known = batches.get(batchId) ?? {
      ...{
        work: createBatchWork({ batchId, epoch }, { worker: id, sender, slots, parts, hard }),
        chunks: 0,
        usedAt: clock.monotonic(),
      },
    };
    batches.set(batchId, known);
    return known;
  };
  /** What silent coordinators had reported last. */
  const silent = new Map<string, number>();
  const run = async (chunk: Chunk): Promise<void> => {
    const known = workOf(chunk);
    known.chunks += 1;
    try {
      state.rows += await runChunk(chunk, known.work, { drain, clock });
    } catch (thrown) {
      log.warn({ batchId: chunk.batchId, reason: toAppError(thrown).message }, 'a chunk was left');
    } finally {
      known.chunks -= 1;
      known.usedAt = clock.monotonic();
    }
  };
  const onChunk = async (chunk: Chunk): Promise<void> => {
    const { batchId } = chunk;
    const found = await coordinatorOf(batchId);
    // It is of a batch that has ended or whose coordinator is gone: the next coordinator makes others.
    if (found === undefined || silent.get(batchId) === found.at) return;
    silent.delete(batchId);
    const { session } = workOf(chunk).work;
    // Rows that wait for a coordinator that is gone leave their place to other batches; they go on when there is one.
    const { promise: silence, resolve: tellSilence } = Promise.withResolvers<'silent'>();
    const unlisten = session.onSilence(() => tellSilence('silent'));
    if ((await Promise.race([run(chunk), silence])) === 'silent') silent.set(batchId, found.at);
    unlisten();
  };
  const coordinatorOf = (batchId: string) => readCoordinator({ redis: commands, envelope }, batchId);
  const reader = readStream(PLACES.worker(id), {
    ...{ reader: connections.reader(), commands, envelope, log },
    onMessages: (messages) => {
      for (const message of messages) {
        const parsed = toWorker.safeParse(message);
        if (parsed.success) batches.get(parsed.data.batchId)?.work.session.receive(parsed.data);
      }
      return 'handled';
    },
  });
  const presence = (): Presence => ({
    ...{ id, host: hostname(), pid: process.pid, version, tags, concurrency },
    running: [...batches.values()].reduce((sum, { work }) => sum + work.running(), 0),
    ...{ rows: state.rows, isDraining: drain.aborted, startedAt: state.startedAt },
    unfit: [...batches].flatMap(([batchId, { work }]) => {
      const reason = work.unfit();
      return reason === null ? [] : [{ batchId, reason }];
    }),
    ...{ at: clock.now(), beat: 0 },
  });
  const sweep = () => {
    for (const [batchId, { work, chunks, usedAt }] of batches) {
      if (chunks > 0 || work.running() > 0 || clock.monotonic() - usedAt < IDLE_MS) continue;
      batches.delete(batchId);
      void work.close();
    }
  };
  await connections.ready();
  const probe = health === undefined ? undefined : await serveHealth(health, presence);
  const alive = await startKeepAlive(settings, presence);
  const sweeping = setInterval(sweep, IDLE_MS);
  const versions = watchVersions(fleet, log);
  const sessionOf = async (batchId: string) => {
    const found = await coordinatorOf(batchId);
    return found === undefined ? undefined : workOf({ batchId, epoch: found.epoch }).work.session;
  };
  const handing = handOver(parts.kept, sessionOf, { drain, clock, log });
  await handing.first;
  const queues = await serveQueues({ fleet, tags, concurrency, locks: alive, onChunk, log });
  onReady(probe?.url);
  try {
    if (!drain.aborted) await Promise.race([once(drain, 'abort'), alive.failed]);
    await queues.drain();
    await Promise.all([...batches.values()].map(({ work }) => work.settled()));
  } finally {
    clearInterval(sweeping);
    versions.close();
    probe?.close();
    reader.close();
    await Promise.all([...batches.values()].map(({ work }) => work.close()));
    await alive.close();
    await handing.all.catch((thrown: unknown) => log.warn({ reason: toAppError(thrown).message }, 'answers were kept'));
    parts.kept.close();
  }
}
