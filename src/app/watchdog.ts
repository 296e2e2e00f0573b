import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Log } from '../base/log.ts';
import { ACTIVITY } from '../base/process/activity.ts';

const THREAD = new URL(`./watchdog-thread${extname(import.meta.url)}`, import.meta.url);
const TICK_MS = 1000;
/** The last things that were announced are kept: a row, then its expression. */
const KEPT = 3;
const MAX_ACTIVITY_BYTES = 1024;
/** Shorter commands do without the thread, in milliseconds. */
const SHORT_COMMAND_MS = 2000;

/** Memory that the watchdog's thread shares with the process. */
export interface WatchdogData {
  /** Two 32-bit numbers: the heartbeat, and the length of the activity. */
  beats: SharedArrayBuffer;
  /** What the process does, in UTF-8. */
  activity: SharedArrayBuffer;
  tickMs: number;
  ticks: number;
}

/**
 * Starts the watchdog of a command: immediately where the process itself runs batches, else once it has become long. A
 * process without room for its thread runs without it, and says so.
 * @param limitS 0: none
 */
export function watch(limitS: number, { now, log }: { now: boolean; log: Log }): void {
  if (limitS === 0) return;
  const start = () =>
    startWatchdog(limitS, {
      onFault: (thrown) => log.warn({ err: thrown }, 'the watchdog does not run; a blocked event loop is not ended'),
    });
  if (now) start();
  else setTimeout(start, SHORT_COMMAND_MS).unref();
}

export interface WatchdogOptions {
  /** Called when its thread could not start or broke. */
  onFault: (thrown: unknown) => void;
  tickMs?: number;
}

/**
 * Ends this process by SIGALRM (exit status 142) when its event loop has been blocked for `limitS` seconds, with one line
 * on stderr that says what it was doing. What blocks it cannot be interrupted from inside, and a blocked server answers
 * nobody; what was committed is kept.
 * @returns stops watching; idempotent
 */
export function startWatchdog(limitS: number, { onFault, tickMs = TICK_MS }: WatchdogOptions): () => void {
  const beats = new SharedArrayBuffer(8);
  const activity = new SharedArrayBuffer(MAX_ACTIVITY_BYTES);
  const beat = new Int32Array(beats);
  const bytes = Buffer.from(activity);
  const recent: string[] = [];
  const note = (text: unknown) => {
    if (recent.push(String(text)) > KEPT) recent.shift();
    // Each row is announced: a TextEncoder, which refuses shared memory, took ten times as long. No character is cut.
    Atomics.store(beat, 1, bytes.write(recent.join(', then ')));
  };
  const ticks = Math.max(1, Math.round((limitS * 1000) / tickMs));
  const heart = setInterval(() => Atomics.add(beat, 0, 1), tickMs);
  heart.unref();
  const worker = new Worker(THREAD, { workerData: { beats, activity, tickMs, ticks } satisfies WatchdogData });
  worker.unref();
  subscribe(ACTIVITY, note);
  const stop = () => {
    clearInterval(heart);
    unsubscribe(ACTIVITY, note);
    void worker.terminate();
  };
  worker.on('error', (thrown) => {
    stop();
    onFault(thrown);
  });
  return stop;
}
