import { toAppError } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import type { Chunk, ChunkQueue } from '../../../fleet/chunk-queue.ts';
import { createRowTime } from '../../../fleet/row-time.ts';
import type { RemoteRun } from './remote-run.ts';

/** Puts runs into chunks, and the chunks into the queue. */
export interface Dispatch {
  add(run: RemoteRun): void;
  /** A worker begins a chunk. Returns the runs of it that no worker has, nor had meanwhile. */
  begin(chunk: string): RemoteRun[];
  /** A row kept a place of its worker for this long: chunks of fast rows are larger. */
  measure(slotMs: number): void;
  /** Queues again what the queue has lost, and what it did not take. */
  reconcile(): Promise<void>;
  /** How many rows a chunk has. */
  size(): number;
  close(): Promise<void>;
}

/** A chunk is to take a slot about this long, in milliseconds, so that no worker has much while another has nothing. */
const CHUNK_MS = 1_000;
const LARGEST = 50;
/** The most rows that are queued and held together, where the batch does not say how many. */
const MOST_ROWS = 10_000;
/** How long rows wait for others of their chunk, in milliseconds: while no chunk waits for a worker, and while one does. */
const GATHER_MS = 5;
const GATHER_AHEAD_MS = 250;
/** A chunk that no worker has begun for this long is looked for in the queue, in milliseconds. */
const LOOK_AFTER_MS = 2_000;

interface DispatchOptions {
  queue: ChunkQueue;
  batchId: string;
  epoch: number;
  priority: () => number;
  /** How many rows the workers run at a time. */
  slots: () => number;
  /** The batch's own limit of rows at a time. */
  concurrency: () => number | undefined;
  now: () => number;
  newId: (prefix: string) => string;
  log: Log;
}

interface QueuedChunk {
  chunk: Chunk;
  runs: RemoteRun[];
  at: number;
}

/** Starts with single rows: how long they take is not known yet. */
export function createDispatch(options: DispatchOptions): Dispatch {
  const { queue, now, log } = options;
  let waiting: RemoteRun[] = [];
  const queued = new Map<string, QueuedChunk>();
  let timer: NodeJS.Timeout | undefined;
  const time = createRowTime();
  // Every slot runs one chunk: larger ones would leave slots without rows.
  const size = () => {
    const share = (options.concurrency() ?? MOST_ROWS) / Math.max(1, options.slots());
    return Math.max(1, Math.floor(Math.min(LARGEST, CHUNK_MS / time.mean(), share)));
  };
  const put = async (chunks: QueuedChunk[]): Promise<void> => {
    if (chunks.length === 0) return;
    for (const each of chunks) {
      each.at = now();
      queued.set(each.chunk.id, each);
    }
    try {
      await queue.add(
        chunks.map(({ chunk }) => chunk),
        options.priority(),
      );
    } catch (thrown) {
      // They are missing in the queue, so the next look queues them again.
      log.debug({ reason: toAppError(thrown).message }, 'chunks were not queued');
    }
  };
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const runs = waiting.filter((run) => !run.isFinished && run.holder === undefined);
    waiting = [];
    const chunks: QueuedChunk[] = [];
    while (runs.length > 0) chunks.push(chunkOf(runs.splice(0, size()), options));
    void put(chunks);
  };
  return {
    add(run) {
      run.chunk = undefined;
      waiting.push(run);
      if (waiting.length >= size()) flush();
      else timer ??= setTimeout(flush, queued.size === 0 ? GATHER_MS : GATHER_AHEAD_MS);
    },
    begin(chunk) {
      const runs = queued.get(chunk)?.runs.filter((run) => isIn(run, chunk)) ?? [];
      queued.delete(chunk);
      if (queued.size === 0 && timer !== undefined) {
        clearTimeout(timer);
        timer = setTimeout(flush, GATHER_MS);
      }
      return runs;
    },
    measure: time.see,
    size,
    async reconcile() {
      for (const [id, { runs }] of queued) {
        if (!runs.some((run) => isIn(run, id))) queued.delete(id);
      }
      const old = [...queued.values()].filter(({ at }) => now() - at >= LOOK_AFTER_MS);
      if (old.length === 0) return;
      const missing = new Set(await queue.missing(old.map(({ chunk }) => chunk.id)));
      await put(old.filter(({ chunk }) => missing.has(chunk.id)));
    },
    async close() {
      clearTimeout(timer);
      await queue.remove([...queued.keys()]).catch((): undefined => undefined);
      await queue.close().catch((): undefined => undefined);
    },
  };
}

function isIn(run: RemoteRun, chunk: string): boolean {
  return run.chunk === chunk && run.holder === undefined && !run.isFinished;
}

function chunkOf(runs: RemoteRun[], { batchId, epoch, newId }: DispatchOptions): QueuedChunk {
  const id = newId('chk');
  for (const run of runs) run.chunk = id;
  const rows = runs.map(({ task }) => task.row);
  return { chunk: { id, batchId, epoch, from: Math.min(...rows), to: Math.max(...rows) }, runs, at: 0 };
}
