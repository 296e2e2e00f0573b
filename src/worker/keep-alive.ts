import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FleetSettings } from '../fleet/fleet-settings.ts';
import type { HeldLock } from '../fleet/locks.ts';
import { BEAT_MS, type PresenceReport } from '../fleet/presence.ts';

const THREAD = new URL(`./keep-alive-thread${extname(import.meta.url)}`, import.meta.url);

/** What the thread starts with. */
export interface KeepAliveData {
  settings: FleetSettings;
  first: PresenceReport;
}

/** What the thread is sent. */
export type KeepAliveMessage =
  | { kind: 'state'; state: PresenceReport }
  | ({ kind: 'lock' } & HeldLock)
  | { kind: 'unlock'; id: string }
  | { kind: 'close' };

/** Tells that a worker is there, and keeps the locks of its chunks, whatever the event loop does. */
export interface KeepAlive {
  hold(lock: HeldLock): void;
  release(id: string): void;
  /** Rejects when the thread has ended by itself: the worker can't go on without it. */
  failed: Promise<never>;
  /** The worker is not there any more. Idempotent. */
  close(): Promise<void>;
}

/** Starts the thread; resolves when the worker is there for others. @param stateOf read once a second */
export async function startKeepAlive(settings: FleetSettings, stateOf: () => PresenceReport): Promise<KeepAlive> {
  const data: KeepAliveData = { settings, first: stateOf() };
  const thread = new Worker(THREAD, { workerData: data });
  const post = (message: KeepAliveMessage) => thread.postMessage(message);
  const failed = new Promise<never>((_, reject) => thread.once('error', reject));
  failed.catch(() => undefined);
  await Promise.race([once(thread, 'message'), failed]);
  const telling = setInterval(() => post({ kind: 'state', state: stateOf() }), BEAT_MS);
  let closing: Promise<unknown> | undefined;
  return {
    hold: (lock) => post({ kind: 'lock', ...lock }),
    release: (id) => post({ kind: 'unlock', id }),
    failed,
    async close() {
      clearInterval(telling);
      closing ??= Promise.race([once(thread, 'message'), failed.catch(() => undefined)]);
      post({ kind: 'close' });
      await closing;
      await thread.terminate();
    },
  };
}
