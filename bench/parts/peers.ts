import { existsSync } from 'node:fs';
import { CLIENT_NAMES, cpuUs, rate, runCell } from '../clients.ts';
import { type Measured, runClient } from '../measure.ts';
import { type BenchContext, grouped, type Part } from '../part.ts';
import { writeTable } from '../workload.ts';

const CONCURRENCY = 100;
const LATENCY_MS = 50;

/** The same table through other tools; skipped, with a note, where they are not installed. */
export const peers: Part = async (context) => {
  const { isQuick, server, folder, progress } = context;
  const rows = isQuick ? 1_000 : 10_000;
  const cell = { rows, concurrency: CONCURRENCY, latencyMs: LATENCY_MS, turns: 1 };
  const url = `${server.url}/${LATENCY_MS}/1`;
  const found: [string, Measured][] = [];
  progress(`peers: ${grouped(rows)} rows`);
  for (const client of ['rowmill', 'bare loop', 'lean loop'] as const)
    found.push([CLIENT_NAMES[client], await runCell(client, cell, context)]);
  const isInstalled = existsSync(new URL('../peers/node_modules', import.meta.url));
  if (isInstalled) {
    progress('peers: AI SDK');
    const ofAiSdk = await counted(rows, () => runClient('peers/ai-sdk.mjs', [url, rows, CONCURRENCY]), context);
    found.push(['AI SDK with p-limit', ofAiSdk]);
    progress('peers: promptfoo');
    const few = rows / 10;
    const short = await writeTable(folder, few);
    const args = [url, few, CONCURRENCY, short, folder];
    const measured = await counted(few, () => runClient('peers/promptfoo.mjs', args), context);
    found.push([`promptfoo eval, ${grouped(few)} rows`, measured]);
  }
  const note = isInstalled
    ? 'promptfoo gets a tenth of the rows, because it is slow; its start is counted and takes one or two seconds.'
    : 'Others are not installed: run `npm install` in `bench/peers`.';
  return {
    title: 'Other tools',
    about: `${grouped(rows)} rows, ${CONCURRENCY} at once, answered after ${LATENCY_MS} ms (ideal 2,000 rows/s). ${note}`,
    header: ['tool', 'rows/s', 'µs a row', 'peak memory'],
    rows: found.map(([name, measured]) => [
      ...[name, grouped(rate(measured)), grouped(cpuUs(measured)), `${measured.peakMegabytes} MB`],
    ]),
    verdicts: [],
  };
};

/** Runs a peer and checks that it called the model once for each row. */
async function counted(rows: number, run: () => Promise<Measured>, { server }: BenchContext): Promise<Measured> {
  const before = await server.answered();
  const measured = await run();
  const calls = (await server.answered()) - before;
  if (calls !== rows) throw new Error(`${calls} calls for ${rows} rows`);
  return measured;
}
