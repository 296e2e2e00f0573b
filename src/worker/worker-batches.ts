import { toAppError } from '../base/errors.ts';
import type { Chunk } from '../fleet/chunk-queue.ts';
import type { Presence } from '../fleet/presence.ts';
import { type BatchWork, type BatchWorkParts, createBatchWork } from './batch-work.ts';
import { runChunk } from './run-chunk.ts';

/** The batches that a worker has rows of, or had a moment ago. */
export interface WorkerBatches {
  /** The work on a batch, which begins at this lease unless it has begun. */
  of(batch: Pick<Chunk, 'batchId' | 'epoch'>): BatchWork;
  get(batchId: string): BatchWork | undefined;
  /** Runs the rows of a chunk; see {@link runChunk}. Contract: never rejects. */
  run(chunk: Chunk): Promise<void>;
  /** What a worker reports of them. */
  report(): Pick<Presence, 'running' | 'rows' | 'unfit'>;
  /** Resolves when the rows in progress have ended, but for those of silent coordinators. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** A batch that gave no chunk for this long is forgotten, with its open tools, in milliseconds. */
const IDLE_MS = 60_000;

/** Starts without batches. @param drain once it fires, rows that have not begun are given back */
export function createWorkerBatches(parts: Omit<BatchWorkParts, 'numbers'>, drain: AbortSignal): WorkerBatches {
  const { clock, log } = parts.parts;
  const batches = new Map<string, { work: BatchWork; chunks: number; usedAt: number }>();
  const numbers = { next: 1 };
  let rows = 0;
  const known = (batch: Pick<Chunk, 'batchId' | 'epoch'>) => {
    const found = batches.get(batch.batchId);
    if (found !== undefined) return found;
    const begun = { work: createBatchWork(batch, { ...parts, numbers }), chunks: 0, usedAt: clock.monotonic() };
    batches.set(batch.batchId, begun);
    return begun;
  };
  const sweep = () => {
    for (const [batchId, { work, chunks, usedAt }] of batches) {
      if (chunks > 0 || work.running() > 0 || clock.monotonic() - usedAt < IDLE_MS) continue;
      batches.delete(batchId);
      void work.close();
    }
  };
  const sweeping = setInterval(sweep, IDLE_MS);
  const works = () => [...batches.values()].map(({ work }) => work);
  return {
    of: (batch) => known(batch).work,
    get: (batchId) => batches.get(batchId)?.work,
    async run(chunk) {
      const batch = known(chunk);
      batch.chunks += 1;
      try {
        rows += await runChunk(chunk, batch.work, { drain, clock });
      } catch (thrown) {
        log.warn({ batchId: chunk.batchId, reason: toAppError(thrown).message }, 'a chunk was left');
      } finally {
        batch.chunks -= 1;
        batch.usedAt = clock.monotonic();
      }
    },
    report: () => ({
      running: works().reduce((sum, work) => sum + work.running(), 0),
      rows,
      unfit: [...batches].flatMap(([batchId, { work }]) => {
        const reason = work.unfit();
        return reason === null ? [] : [{ batchId, reason }];
      }),
    }),
    settled: async () => void (await Promise.all(works().map((work) => work.settled()))),
    async close() {
      clearInterval(sweeping);
      await Promise.all(works().map((work) => work.close()));
    },
  };
}
