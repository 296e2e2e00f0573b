import type { Fleet } from './fleet.ts';

/** Where things of the fleet are in Redis. */
export const PLACES = {
  /** A hash: the presence of each worker. */
  workers: 'rowmill:fleet:workers',
  /** A hash: the sets of tags whose queues are in use. */
  queues: 'rowmill:fleet:queues',
  /** A hash: the coordinator of each batch that runs on the fleet. */
  batches: 'rowmill:fleet:batches',
  /** A stream: what workers send about a batch. */
  batch: (batchId: string): string => `rowmill:fleet:batch:${batchId}`,
  /** A stream: what coordinators send to a worker. */
  worker: (id: string): string => `rowmill:fleet:worker:${id}`,
};

/** What BullMQ puts before the names of its keys. */
export const QUEUE_PREFIX = 'rowmill';

/** How long a worker may be silent before its chunks are given to others, in milliseconds. */
export const LOCK_MS = 5_000;

/** The name of the queue for agents that require these tags. Workers of another version or key read other queues. */
export function queueName({ version, envelope }: Pick<Fleet, 'version' | 'envelope'>, tags: readonly string[]): string {
  return ['fleet', version, envelope.keyId, ...[...tags].sort()].join('-');
}
