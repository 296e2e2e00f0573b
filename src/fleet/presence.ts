import type { Redis } from 'ioredis';
import * as z from 'zod';
import type { Envelope } from './envelope.ts';
import { PLACES } from './places.ts';

const presence = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.number(),
  version: z.string(),
  tags: z.array(z.string()),
  /** How many rows it runs at a time. */
  concurrency: z.number(),
  /** Rows that it runs now. */
  running: z.number(),
  /** Rows that it has run since its start. */
  rows: z.number(),
  isDraining: z.boolean(),
  /** Batches whose agent it can't run, with the reason. */
  unfit: z.array(z.object({ batchId: z.string(), reason: z.string() })),
  startedAt: z.number(),
  /** When it wrote this, by the clock of Redis: those of machines may differ. */
  at: z.number(),
  /** Counts what it wrote. */
  beat: z.number(),
});

/** What a worker reports about itself, once a second. */
export type Presence = z.infer<typeof presence>;

/** The same before it is dated. */
export type PresenceReport = Omit<Presence, 'at'>;

/** A worker as another process sees it. */
export interface SeenWorker extends Presence {
  /** How long ago it wrote this, in milliseconds. */
  silentMs: number;
}

/** How often a worker reports that it is there, in milliseconds. */
export const BEAT_MS = 1_000;
/** A worker that has not reported for this long is silent, in milliseconds: a killed one does not say that it ends. */
const SILENT_MS = 10_000;
/** A worker that has not reported for this long is removed from the list. */
const FORGOTTEN_MS = 3_600_000;

/** Reports that a worker is there; dates the report. */
export async function writePresence(redis: Redis, envelope: Envelope, worker: PresenceReport): Promise<void> {
  const dated: Presence = { ...worker, at: await clockOf(redis) };
  const sealed = envelope.seal(JSON.stringify(dated), PLACES.workers);
  await redis.hset(PLACES.workers, worker.id, sealed);
}

/** Takes a worker that ends from the list. */
export async function removePresence(redis: Redis, id: string): Promise<void> {
  await redis.hdel(PLACES.workers, id);
}

/** Whether a worker has reported nothing for some time. */
export function isSilent({ silentMs }: SeenWorker): boolean {
  return silentMs > SILENT_MS;
}

/** All workers that have reported; entries that can't be read are left out. */
export async function readPresences(redis: Redis, envelope: Envelope): Promise<SeenWorker[]> {
  const [found, now] = await Promise.all([redis.hgetallBuffer(PLACES.workers), clockOf(redis)]);
  const workers: SeenWorker[] = [];
  for (const [id, sealed] of Object.entries(found)) {
    const worker = opened(sealed, envelope);
    if (worker === undefined) continue;
    const silentMs = Math.max(0, now - worker.at);
    if (silentMs < FORGOTTEN_MS) workers.push({ ...worker, silentMs });
    else await removePresence(redis, id);
  }
  return workers.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The time of Redis, in milliseconds. */
async function clockOf(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}

function opened(sealed: Buffer, envelope: Envelope): Presence | undefined {
  try {
    return presence.parse(JSON.parse(envelope.open(sealed, PLACES.workers)));
  } catch {
    return undefined;
  }
}
