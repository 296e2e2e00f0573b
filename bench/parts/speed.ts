import { type Client, cpuUs, rate, runCell } from '../clients.ts';
import type { Measured } from '../measure.ts';
import { grouped, type Part } from '../part.ts';

const CONCURRENCIES = [10, 100, 400];
const LATENCIES_MS = [0, 50, 500];
const TURNS = [1, 3];
/** Calls a second that no client exceeds by much: bounds the duration of a cell. */
const MOST_CALLS = 2_000;

/** Rows a second and processor time a row of the three clients, over the whole matrix. */
export const speed: Part = async (context) => {
  const seconds = context.isQuick ? 1 : 4;
  const rows: string[][] = [];
  for (const turns of TURNS) {
    for (const latencyMs of LATENCIES_MS) {
      for (const concurrency of CONCURRENCIES) {
        const most = latencyMs === 0 ? MOST_CALLS : Math.min(MOST_CALLS, (concurrency * 1000) / latencyMs);
        const count = Math.max(concurrency, Math.round((seconds * most) / turns));
        const cell = { rows: count, concurrency, latencyMs, turns };
        context.progress(`speed: ${turns} turns, ${latencyMs} ms, ${concurrency} at once, ${count} rows`);
        const clients: Client[] = turns === 1 ? ['raw pool', 'bare loop', 'rowmill'] : ['bare loop', 'rowmill'];
        const found = new Map<Client, Measured>();
        for (const client of clients) found.set(client, await runCell(client, cell, context));
        const ideal = latencyMs === 0 ? '' : grouped((concurrency * 1000) / latencyMs / turns);
        const figures = (['raw pool', 'bare loop', 'rowmill'] as const).flatMap((client) => {
          const measured = found.get(client);
          return measured === undefined ? ['', ''] : [grouped(rate(measured)), grouped(cpuUs(measured))];
        });
        rows.push([`${turns}`, `${latencyMs}`, `${concurrency}`, grouped(count), ideal, ...figures]);
      }
    }
  }
  return {
    title: 'Speed',
    about:
      'Rows a second (rows/s) and processor time a row (µs, all threads). The bare loop is the same SDK version over the ' +
      'global `fetch` with p-limit, from a table to a table, and keeps nothing on the way; the raw pool sends one prepared ' +
      'request a row. Rowmill’s figures are whole batches, from their creation to their table: validation, loading, one ' +
      'row alone until the first answer, every call and row committed, aggregation. The start of each process is not counted.',
    header: [
      ...['turns', 'model ms', 'at once', 'rows', 'ideal rows/s', 'pool rows/s', 'pool µs'],
      ...['bare rows/s', 'bare µs', 'Rowmill rows/s', 'Rowmill µs'],
    ],
    rows,
    verdicts: [],
  };
};
