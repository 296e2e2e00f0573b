import type { Queue } from 'bullmq';
import * as z from 'zod';
import type { Envelope } from './envelope.ts';
import type { Fleet } from './fleet.ts';
import { PLACES, QUEUE_PREFIX, queueName } from './places.ts';

const chunk = z.object({
  id: z.string(),
  batchId: z.string(),
  /** The coordinator's lease of the batch. */
  epoch: z.number(),
  /** The first and the last of its rows. */
  from: z.number(),
  to: z.number(),
});

/** Some rows of a batch that one worker is to run. A worker that begins them asks the coordinator for their inputs. */
export type Chunk = z.infer<typeof chunk>;

/** The waiting chunks for workers with some tags, in BullMQ. */
export interface ChunkQueue {
  add(chunks: readonly Chunk[], priority: number): Promise<void>;
  /** Those of the chunks that the queue does not have, whether they wait or are running. */
  missing(ids: readonly string[]): Promise<string[]>;
  /** Takes out chunks that no worker has begun. */
  remove(ids: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

const JOB = 'chunk';
/** Workers look for queues once a second: the queue is announced no more often, in milliseconds. */
const ANNOUNCE_MS = 1_000;

/** Opens the queue for agents that require `tags`. */
export async function openChunkQueue(fleet: Fleet, tags: readonly string[]): Promise<ChunkQueue> {
  const { connections, envelope } = fleet;
  const { Queue } = await import('bullmq');
  const name = queueName(fleet, tags);
  const queue: Queue = new Queue(name, { connection: connections.queue(), prefix: QUEUE_PREFIX });
  queue.on('error', () => undefined);
  const redis = connections.commands();
  let announcedAt = Number.NEGATIVE_INFINITY;
  const announce = async () => {
    if (performance.now() - announcedAt < ANNOUNCE_MS) return;
    await redis.hset(PLACES.queues, name, JSON.stringify([...tags].sort()));
    announcedAt = performance.now();
  };
  return {
    async add(chunks, priority) {
      await announce();
      const options = { priority: urgency(priority), removeOnComplete: true, removeOnFail: true };
      await queue.addBulk(
        chunks.map((each) => ({
          name: JOB,
          data: envelope.seal(JSON.stringify(each), name).toString('base64'),
          opts: { ...options, jobId: each.id },
        })),
      );
    },
    async missing(ids) {
      const pipeline = redis.pipeline();
      for (const id of ids) pipeline.exists(`${QUEUE_PREFIX}:${name}:${id}`);
      const found = (await pipeline.exec()) ?? [];
      return ids.filter((_, at) => found[at]?.[0] === null && found[at][1] === 0);
    },
    async remove(ids) {
      // A chunk that a worker has taken is locked: its worker finds that nothing of it is left to run.
      await Promise.all(ids.map((id) => queue.remove(id).catch((): number => 0)));
    },
    close: () => queue.close(),
  };
}

/** Reads a chunk as it came from the queue. @throws AppError `unauthorized` */
export function openChunk(sealed: unknown, name: string, envelope: Envelope): Chunk {
  return chunk.parse(JSON.parse(envelope.open(Buffer.from(z.string().parse(sealed), 'base64'), name)));
}

/** Ours: 1 to 10, 10 is the largest share. BullMQ's: 1 is most urgent, and 0 would go before all. */
function urgency(priority: number): number {
  return Math.min(10, Math.max(1, 11 - priority));
}
