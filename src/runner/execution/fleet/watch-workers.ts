import type { Presence } from '../../../fleet/presence.ts';

/** The workers that are there, judged by what they tell once a second. */
export interface WorkerWatch {
  /** Takes in what all workers tell now. */
  see(workers: readonly Presence[]): void;
  isAlive(worker: string): boolean;
  alive(): Presence[];
  /** Those that take the rows, as of the last look. */
  fit(): readonly Presence[];
  /** How many rows these run at a time. */
  slots(): number;
}

/** A worker that tells nothing new this often is gone. */
const MISSED = 6;

interface Watched {
  /** Undefined until it is read. */
  worker: Presence | undefined;
  missed: number;
}

/**
 * Clocks of several machines are not compared: a worker is there as long as what it tells changes.
 * @param needed what a worker must have that takes the rows
 */
export function createWorkerWatch(needed: { version: string; tags: readonly string[] }): WorkerWatch {
  const known = new Map<string, Watched>();
  const alive = () => [...known.values()].flatMap(({ worker, missed }) => (worker && missed < MISSED ? [worker] : []));
  let fit: Presence[] = [];
  let slots = 0;
  return {
    see(workers) {
      const seen = new Map(workers.map((worker) => [worker.id, worker]));
      for (const [id, entry] of known) {
        const next = seen.get(id);
        entry.missed = next === undefined || next.beat === entry.worker?.beat ? entry.missed + 1 : 0;
        if (next !== undefined) entry.worker = next;
      }
      for (const [id, worker] of seen) if (!known.has(id)) known.set(id, { worker, missed: 0 });
      fit = alive().filter((worker) => isFit(worker, needed));
      slots = fit.reduce((sum, { concurrency }) => sum + concurrency, 0);
    },
    isAlive(id) {
      const entry = known.get(id) ?? { worker: undefined, missed: 0 };
      known.set(id, entry);
      return entry.missed < MISSED;
    },
    alive,
    fit: () => fit,
    slots: () => slots,
  };
}

function isFit(worker: Presence, { version, tags }: { version: string; tags: readonly string[] }): boolean {
  return worker.version === version && !worker.isDraining && tags.every((tag) => worker.tags.includes(tag));
}
