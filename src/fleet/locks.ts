import type { Queue } from 'bullmq';
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
  const { Queue } = await import('bullmq');
  const connection = connections.queue();
  const held = new Map<string, HeldLock>();
  const queues = new Map<string, Queue>();
  const queueOf = (name: string): Queue => {
    const known = queues.get(name);
    if (known !== undefined) return known;
    const queue: Queue = new Queue(name, { connection, prefix: QUEUE_PREFIX });
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
          queueOf(name)
            .getBackend()
            .extendLocks(
              locks.map(({ id }) => id),
              locks.map(({ token }) => token),
              LOCK_MS,
            ),
        ),
      );
    },
  };
}
