import type { Worker } from 'bullmq';
import type { RedisConnections } from './connect-redis.ts';
import { LOCK_MS, QUEUE_PREFIX } from './places.ts';

/** The lock of a chunk that a worker has taken. */
export interface HeldLock {
  queue: string;
  id: string;
  token: string;
}

/** The locks of a worker's chunks. */
export interface Locks {
  add(lock: HeldLock): void;
  delete(id: string): void;
  /** Extends all of them. Contract: never rejects; a lock that is lost stays lost. */
  renew(): Promise<void>;
}

/** Starts without locks. */
export async function openLocks(connections: RedisConnections): Promise<Locks> {
  const { Worker: QueueWorker } = await import('bullmq');
  const held = new Map<string, HeldLock>();
  const queues = new Map<string, Worker>();
  const queueOf = (name: string): Worker => {
    const known = queues.get(name);
    if (known !== undefined) return known;
    // It takes no chunks: it only knows how locks are extended.
    const queue = new QueueWorker(name, null, {
      connection: connections.queue(),
      prefix: QUEUE_PREFIX,
      autorun: false,
    });
    queue.on('error', () => undefined);
    queues.set(name, queue);
    return queue;
  };
  return {
    add: (lock) => void held.set(lock.id, lock),
    delete: (id) => void held.delete(id),
    async renew() {
      const byQueue = Map.groupBy(held.values(), ({ queue }) => queue);
      await Promise.allSettled(
        [...byQueue].map(([name, locks]) =>
          queueOf(name).extendJobLocks(
            locks.map(({ id }) => id),
            locks.map(({ token }) => token),
            LOCK_MS,
          ),
        ),
      );
    },
  };
}
