import type { Presence } from '../../../fleet/presence.ts';

/** The workers that are there, judged by what they tell once a second. */
export interface WorkerWatch {
  /** Takes in what all workers tell now. */
  see(workers: readonly Presence[]): void;
  isAlive(worker: string): boolean;
  alive(): Presence[];
}

/** A worker that tells nothing new this often is gone. */
const MISSED = 6;

interface Watched {
  /** Undefined until it is read. */
  worker: Presence | undefined;
  missed: number;
}

/** Clocks of several machines are not compared: a worker is there as long as what it tells changes. */
export function createWorkerWatch(): WorkerWatch {
  const known = new Map<string, Watched>();
  return {
    see(workers) {
      const seen = new Map(workers.map((worker) => [worker.id, worker]));
      for (const [id, entry] of known) {
        const next = seen.get(id);
        entry.missed = next === undefined || next.beat === entry.worker?.beat ? entry.missed + 1 : 0;
        if (next !== undefined) entry.worker = next;
      }
      for (const [id, worker] of seen) if (!known.has(id)) known.set(id, { worker, missed: 0 });
    },
    isAlive(id) {
      const entry = known.get(id) ?? { worker: undefined, missed: 0 };
      known.set(id, entry);
      return entry.missed < MISSED;
    },
    alive: () => [...known.values()].flatMap(({ worker, missed }) => (worker && missed < MISSED ? [worker] : [])),
  };
}
