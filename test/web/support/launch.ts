import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const LAUNCHER = resolve(import.meta.dirname, '../../../bin/rowmill.js');
const PRELOAD = resolve(import.meta.dirname, 'tied-process.js');

/** Starts a command of the program. It ends with this process: one that is stopped half-way leaves nothing behind. */
export function launch(
  args: readonly string[],
  given: { env: NodeJS.ProcessEnv; cwd?: string },
): ChildProcessByStdio<Writable, Readable, null> {
  return spawn(process.execPath, ['--import', PRELOAD, LAUNCHER, ...args], {
    ...given,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}
