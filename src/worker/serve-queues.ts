import type { Job, Worker } from 'bullmq';
import { AppError, toAppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { type Chunk, openChunk } from '../fleet/chunk-queue.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { LOCK_MS, PLACES, QUEUE_PREFIX, queueName } from '../fleet/places.ts';
import type { KeepAlive } from './keep-alive.ts';

/** Takes chunks from the queues whose tags a worker has. */
export interface QueueServer {
  /** Takes no more chunks; resolves when those that were taken have ended. */
  drain(): Promise<void>;
}

interface QueueServerParts {
  fleet: Fleet;
  tags: readonly string[];
  concurrency: number;
  /** Keeps the locks of chunks. */
  locks: Pick<KeepAlive, 'hold' | 'release'>;
  /** Runs a chunk. Contract: never rejects. */
  onChunk: (chunk: Chunk) => Promise<void>;
  log: Log;
}

/** How often new queues are looked for, in milliseconds. */
const LOOK_MS = 1_000;
/** How often chunks are looked for whose worker is gone, in milliseconds. */
const STALLED_MS = 2_000;

/** Starts to take chunks. A queue is served from a second after its first chunk on. */
export async function serveQueues({
  fleet,
  tags,
  concurrency,
  locks,
  onChunk,
  log,
}: QueueServerParts): Promise<QueueServer> {
  const { connections, envelope } = fleet;
  const { Worker: QueueWorker } = await import('bullmq');
  const commands = connections.commands();
  const workers = new Map<string, Worker>();
  const serve = (name: string) => {
    if (workers.has(name)) return;
    const take = async ({ id = '', data }: Job, token = '') => {
      locks.hold({ queue: name, id, token });
      try {
        await onChunk(openChunk(data, name, envelope));
      } finally {
        locks.release(id);
      }
    };
    const worker: Worker = new QueueWorker(name, take, {
      connection: connections.queue(),
      prefix: QUEUE_PREFIX,
      concurrency,
      lockDuration: LOCK_MS,
      skipLockRenewal: true,
      stalledInterval: STALLED_MS,
      // The journal decides what is left to run, however often a worker dies.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      drainDelay: 2,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    worker.on('error', (error) => log.debug({ queue: name, reason: error.message }, 'the queue of the fleet'));
    workers.set(name, worker);
  };
  const look = async () => {
    const queues = await commands.hgetall(PLACES.queues);
    for (const [name, text] of Object.entries(queues)) {
      const needed = tagsOf(text);
      const isMine = name === queueName(fleet, needed) && needed.every((tag) => tags.includes(tag));
      if (isMine) serve(name);
    }
  };
  const lookSafely = () =>
    look().catch((thrown: unknown) => log.debug({ reason: toAppError(thrown).message }, 'queues were not read'));
  serve(queueName(fleet, []));
  await lookSafely();
  const looking = setInterval(lookSafely, LOOK_MS);
  return {
    async drain() {
      clearInterval(looking);
      await Promise.all([...workers.values()].map((worker) => worker.close().catch(() => undefined)));
    },
  };
}

function tagsOf(text: string): string[] {
  const tags: unknown = JSON.parse(text);
  if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) return tags;
  throw new AppError('internal', `${PLACES.queues} holds ${text}, which is no list of tags.`);
}
