import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkout, OWN } from './checkout.ts';
import { type Measured, runClient, runMeasured } from './measure.ts';
import type { BenchContext } from './part.ts';
import { buildProgram } from './program.ts';
import { agentsPath, writeTable } from './workload.ts';

/** One run: the number of rows, the concurrency, the turns a row, and the delay of each answer. */
export interface Cell {
  rows: number;
  concurrency: number;
  latencyMs: number;
  turns: number;
}

/** The clients that are compared; the lean loop is the bare one over Rowmill's own `fetch`. */
export type Client = 'rowmill' | 'bare loop' | 'lean loop' | 'raw pool';

/** Their names in tables. */
export const CLIENT_NAMES: Record<Client, string> = {
  rowmill: 'Rowmill, everything kept',
  'bare loop': 'bare loop: SDK, global `fetch`',
  'lean loop': 'lean loop: SDK, Rowmill’s `fetch`',
  'raw pool': 'raw pool: undici, no SDK',
};

/**
 * Runs one client over a cell in a process of its own.
 *
 * Rowmill is that of `checkout`, by default this one's.
 * @throws Error when the server was not asked exactly once for each turn of each row
 */
export async function runCell(
  client: Client,
  cell: Cell,
  { server, folder, checkout = OWN }: Pick<BenchContext, 'server' | 'folder'> & { checkout?: Checkout },
): Promise<Measured> {
  const { rows, concurrency, latencyMs, turns } = cell;
  const url = `${server.url}/${latencyMs}/${turns}`;
  const before = await server.answered();
  const given = [rows, concurrency, turns];
  const csv = await writeTable(folder, rows);
  const measured = await {
    rowmill: () => runRowmill([url, folder, csv, ...given], checkout),
    'bare loop': () => runClient('clients/bare-loop.ts', [url, csv, ...given]),
    'lean loop': () => runClient('clients/bare-loop.ts', [url, csv, ...given, 'lean']),
    'raw pool': () => runClient('clients/raw-pool.ts', [url, ...given]),
  }[client]();
  const calls = (await server.answered()) - before;
  if (calls !== rows * turns) throw new Error(`${client}: ${calls} calls for ${rows} rows of ${turns} turns`);
  return measured;
}

/** Where clients are built, by checkout and name. */
const built = new Map<string, string>();

/**
 * Runs a whole batch in a separate process, from the code that is installed and by its launcher.
 * @param args URL FOLDER CSV ROWS CONCURRENCY TURNS [export]
 */
export function runRowmill(args: readonly (string | number)[], checkout = OWN): Promise<Measured> {
  // Earlier checkouts measure their sources.
  const script = join(checkout.root, 'bench', 'clients', 'rowmill.ts');
  if (!readFileSync(script, 'utf8').includes('export async function main')) return runMeasured([script, ...args]);
  return runInstalled('rowmill', args, checkout);
}

/**
 * Runs `main` of a client in the place of the program: from code as it is installed, by the launcher with its bounds.
 * @param args they begin with URL and FOLDER; the client gets the path of the agents before them
 */
export function runInstalled(client: string, args: readonly (string | number)[], { root } = OWN): Promise<Measured> {
  const key = `${root} ${client}`;
  const target = join(String(args[1]), `client-${built.size}`);
  const program = built.get(key) ?? buildProgram(root, target, `bench/clients/${client}.ts`);
  built.set(key, program);
  return runMeasured([join(program, 'bin', 'rowmill.js'), 'run', agentsPath(), ...args]);
}

/** Rows a second of wall-clock time. */
export function rate({ rows, seconds }: Measured): number {
  return rows / seconds;
}

/** Rows a second between the first call and the last row: without the time before and after the calls. */
export function rateAtWork({ rows, atWorkSeconds = Number.NaN }: Measured): number {
  return rows / atWorkSeconds;
}

/** Processor time of a row, in microseconds. */
export function cpuUs({ rows, cpuSeconds }: Measured): number {
  return (cpuSeconds / rows) * 1e6;
}
