import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { toAppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { PACKAGE_ROOT } from '../base/process/package-root.ts';
import type { Runner } from '../runner/runner.ts';
import type { Config } from './config.ts';

const LAUNCHER = join(PACKAGE_ROOT, 'bin', 'rowmill.js');
/** A runner that was about to end when a batch was created is replaced after this time, in milliseconds. */
const LOOK_AGAIN_MS = 3_000;

/** Keeps a detached runner process running on a data directory for as long as batches need one. */
export interface DetachedRunner {
  /** Starts a runner when a batch waits and no runner of this process is running. It outlives this process. */
  ensure(): Promise<void>;
  close(): void;
}

export function createDetachedRunner({
  runner,
  config,
  log,
}: {
  runner: Runner;
  config: Config;
  log: Log;
}): DetachedRunner {
  let child: ChildProcess | undefined;
  let again: NodeJS.Timeout | undefined;
  const start = () => {
    // Its log is a file of the data directory: this process's stderr may close first.
    const out = openSync(join(config.dataDir, 'runner.log'), 'a', 0o600);
    const started = spawn(process.execPath, [LAUNCHER, 'runner'], {
      detached: true,
      stdio: ['ignore', out, out],
      env: { ...config.env, ROWMILL_DATA_DIR: config.dataDir },
    });
    closeSync(out);
    child = started;
    started.on('error', (err) => log.error({ err }, 'the detached runner could not be started'));
    started.on('exit', () => {
      if (child === started) child = undefined;
    });
    started.unref();
  };
  const ensure = async (): Promise<void> => {
    if ((await runner.lapsed()).length === 0) return;
    if (child === undefined) start();
    clearTimeout(again);
    again = setTimeout(() => {
      ensure().catch((thrown: unknown) => log.error({ code: toAppError(thrown).code }, 'the store could not be read'));
    }, LOOK_AGAIN_MS);
    again.unref();
  };
  return { ensure, close: () => clearTimeout(again) };
}
