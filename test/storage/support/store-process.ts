import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A real process on a database file, driven by `store-worker.ts`. */
export interface StoreProcess {
  child: ChildProcess;
  /** The lines it has printed, parsed; each was printed after the write that it tells of had resolved. */
  lines: unknown[];
  /** The next `count` lines from `from` on, once they are there. Rejects when the process ends before. */
  waitForLines(count: number): Promise<unknown[]>;
  /** Sends a signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

const WORKER = fileURLToPath(new URL('./store-worker.ts', import.meta.url));

export function startStoreProcess(task: string, path: string, ...rest: string[]): StoreProcess {
  const child = spawn(process.execPath, [WORKER, task, path, ...rest], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: unknown[] = [];
  const waiting = new Set<() => void>();
  let ended = false;
  const wake = () => {
    for (const check of waiting) check();
  };
  const ending = once(child, 'close').then(() => {
    ended = true;
    wake();
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(JSON.parse(line));
    wake();
  });
  return {
    child,
    lines,
    waitForLines: (count) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (lines.length < count && !ended) return;
          waiting.delete(check);
          if (lines.length >= count) resolve(lines.slice(0, count));
          else reject(new Error(`the ${task} process ended after ${lines.length} lines of ${count}`));
        };
        waiting.add(check);
        check();
      }),
    end: async (signal) => {
      if (signal !== undefined) child.kill(signal);
      await ending;
    },
  };
}
