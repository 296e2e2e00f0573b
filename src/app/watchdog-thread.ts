import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { WatchdogData } from './watchdog.ts';

// Counts its own ticks, no clock: a process that is stopped, a machine that sleeps or a clock that jumps make none.
const { beats, activity, tickMs, ticks } = workerData as WatchdogData;
const beat = new Int32Array(beats);
let last = Atomics.load(beat, 0);
let missed = 0;

setInterval(() => {
  const now = Atomics.load(beat, 0);
  missed = now === last ? missed + 1 : 0;
  last = now;
  if (missed < ticks) return;
  const bytes = Uint8Array.from(new Uint8Array(activity, 0, Atomics.load(beat, 1)));
  const seconds = Math.round((ticks * tickMs) / 1000);
  const doing = new TextDecoder().decode(bytes);
  writeSync(
    2,
    `rowmill: nothing else could run for ${seconds} s, so this process ends itself (SIGALRM). ` +
      `It was last at: ${doing === '' ? 'nothing that it has announced' : doing}.\n`,
  );
  // `process.exit` would end only this thread.
  process.kill(process.pid, 'SIGALRM');
}, tickMs);
