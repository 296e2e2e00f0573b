import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const LAUNCHER = fileURLToPath(new URL('../bin/rowmill.js', import.meta.url));
const BARE = fileURLToPath(new URL('bare-server.ts', import.meta.url));
/** Ticks of /proc in a second. */
const TICKS = 100;

/** A running `rowmill serve`, seen from outside. Linux only: the figures are those of /proc. */
export interface ServeProcess {
  url: string;
  /** Processor time of all its threads until now. */
  cpuSeconds(): number;
  residentMegabytes(): number;
  stop(): Promise<void>;
}

/** Starts `rowmill serve` on a free port. */
export function startServe(env: Record<string, string>): Promise<ServeProcess> {
  return start([LAUNCHER, 'serve', '--port', '0'], env);
}

/** Starts bare hono handlers on a free port. */
export function startBare(): Promise<ServeProcess> {
  return start([BARE], {});
}

async function start(args: string[], env: Record<string, string>): Promise<ServeProcess> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const url = /http:\S+/.exec(line)?.[0];
  if (url === undefined) throw new Error(`The server said: ${line}`);
  return {
    url,
    cpuSeconds() {
      // The fields after the name, which may have spaces: utime and stime are the 12th and 13th.
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / TICKS;
    },
    residentMegabytes: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'close');
    },
  };
}
