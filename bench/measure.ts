import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { OWN } from './checkout.ts';

/** The figures of one measured process, from the first to the last row, without its own start. */
export interface Measured {
  rows: number;
  seconds: number;
  /** Processor time of all its threads. */
  cpuSeconds: number;
  /** Peak resident memory of the whole process. */
  peakMegabytes: number;
  [more: string]: number;
}

/** Measures work in this process. */
export async function measure(rows: number, work: () => Promise<unknown>): Promise<Measured> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  return { rows, seconds, cpuSeconds: (user + system) / 1e6, peakMegabytes };
}

/** Prints the figures for {@link runClient}. */
export function tell(measured: Measured): void {
  process.stdout.write(`${JSON.stringify(measured)}\n`);
}

/** Runs a script of this bench in a separate process and returns its figures. */
export function runClient(script: string, args: readonly (string | number)[]): Promise<Measured> {
  return runMeasured([join(OWN.root, 'bench', script), ...args]);
}

/** Runs a process, by default of Node, that prints its figures as {@link tell} does. */
export async function runMeasured(args: readonly (string | number)[], command = process.execPath): Promise<Measured> {
  const child = spawn(command, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`${args.join(' ')} ended with status ${status}`);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Measured;
}

/** The Messages server of the bench, in a separate process. */
export interface ModelServer {
  url: string;
  /** Calls answered so far. */
  answered(): Promise<number>;
  close(): void;
}

export async function startModelServer(): Promise<ModelServer> {
  const path = fileURLToPath(new URL('model-server.ts', import.meta.url));
  const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    url,
    answered: async () => ((await (await fetch(`${url}/stats`)).json()) as { answered: number }).answered,
    close: () => child.kill(),
  };
}
