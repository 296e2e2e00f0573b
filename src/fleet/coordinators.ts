import type { Redis } from 'ioredis';
import * as z from 'zod';
import type { Envelope } from './envelope.ts';
import { PLACES } from './places.ts';

const coordinator = z.object({
  /** Its lease of the batch. */
  epoch: z.number(),
  version: z.string(),
  /** When it wrote this, by its own clock. */
  at: z.number(),
});

/** What the coordinator of a batch reports about itself, once a second. */
export type Coordinator = z.infer<typeof coordinator>;

/** The Redis of the fleet, and how its messages are sealed. */
interface Board {
  redis: Redis;
  envelope: Envelope;
}

/** Reports the coordinator of a batch. */
export async function writeCoordinator({ redis, envelope }: Board, batchId: string, owner: Coordinator): Promise<void> {
  await redis.hset(PLACES.batches, batchId, envelope.seal(JSON.stringify(owner), PLACES.batches));
}

/** The coordinator of a batch; undefined where it has none. @throws AppError `unauthorized` */
export async function readCoordinator({ redis, envelope }: Board, batchId: string): Promise<Coordinator | undefined> {
  const sealed = await redis.hgetBuffer(PLACES.batches, batchId);
  return sealed === null ? undefined : opened(sealed, envelope);
}

/** What a coordinator has reported. */
interface Report {
  /** Changes with each report. */
  sealed: Buffer;
  /** Undefined where it has another key. */
  coordinator: Coordinator | undefined;
}

/** What the coordinators of all batches have reported, by batch. */
export async function readCoordinators({ redis, envelope }: Board): Promise<Map<string, Report>> {
  const found = await redis.hgetallBuffer(PLACES.batches);
  const read = (sealed: Buffer): Coordinator | undefined => {
    try {
      return opened(sealed, envelope);
    } catch {
      return undefined;
    }
  };
  return new Map(Object.entries(found).map(([batchId, sealed]) => [batchId, { sealed, coordinator: read(sealed) }]));
}

/** Removes the coordinator of a batch that ends under a lease; one of a later lease stays. */
export async function removeCoordinator(board: Board, batchId: string, epoch: number): Promise<void> {
  const found = await readCoordinator(board, batchId);
  if (found !== undefined && found.epoch <= epoch) await board.redis.hdel(PLACES.batches, batchId);
}

function opened(sealed: Buffer, envelope: Envelope): Coordinator {
  return coordinator.parse(JSON.parse(envelope.open(sealed, PLACES.batches)));
}
