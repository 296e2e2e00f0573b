import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CLIENT_NAMES, cpuUs, rate, runCell, runRowmill } from '../clients.ts';
import { type Measured, runClient, runMeasured } from '../measure.ts';
import { type BenchContext, grouped, type Part } from '../part.ts';
import { readBenchAgent, writeTable } from '../workload.ts';

const CONCURRENCY = 100;
const LATENCY_MS = 50;

/** One tool over a table, with the model at a URL. `retry`: with its own means against faults. */
interface Peer {
  name: string;
  /** Its share of the rows, for a slow one. */
  share?: number;
  run: (given: Given) => Promise<Measured>;
  /** Under faults; without it, the tool has no such run. */
  retry?: (given: Given) => Promise<Measured>;
}

interface Given {
  url: string;
  rows: number;
  csv: string;
  folder: string;
}

/** The same table through other tools, then under faults by chance; skipped, with a note, where they are not installed. */
export const peers: Part = async (context) => {
  const { isQuick, server, folder, progress } = context;
  const rows = isQuick ? 1_000 : 10_000;
  const faulted = isQuick ? 500 : 2_000;
  const found: string[][] = [];
  const cell = { rows, concurrency: CONCURRENCY, latencyMs: LATENCY_MS, turns: 1 };
  progress('peers: lean loop');
  found.push([CLIENT_NAMES['lean loop'], ...speedOf(await runCell('lean loop', cell, context)), '', '', '']);
  for (const peer of installedPeers()) {
    const count = rows * (peer.share ?? 1);
    progress(`peers: ${peer.name}, ${grouped(count)} rows`);
    const given = { url: `${server.url}/${LATENCY_MS}/1`, rows: count, csv: await writeTable(folder, count), folder };
    const { measured, calls } = await counted(peer.run, given, context);
    if (calls !== count) throw new Error(`${peer.name}: ${calls} calls for ${count} rows`);
    const mixed = {
      ...given,
      url: `${given.url}/1-${found.length}`,
      rows: faulted,
      csv: await writeTable(folder, faulted),
    };
    if (peer.retry) progress(`peers: ${peer.name} under faults`);
    const faults = peer.retry === undefined ? ['', '', ''] : faultsOf(await counted(peer.retry, mixed, context));
    found.push([peer.name, ...speedOf(measured), ...faults]);
  }
  return {
    title: 'Other tools',
    about:
      `${grouped(rows)} rows, ${CONCURRENCY} at once, answered after ${LATENCY_MS} ms (ideal 2,000 rows/s); then ` +
      `${grouped(faulted)} rows under the faults of the part \`faults\`, in the same order for each tool, with what each has ` +
      `against them. promptfoo gets a tenth of the rows, because it is slow, and its start is counted.${missing()}`,
    header: ['tool', 'rows/s', 'µs a row', 'peak memory', 'faults: seconds', 'rows right', 'calls'],
    rows: found,
    verdicts: [],
  };
};

const PEERS = new URL('../peers/', import.meta.url);
const PYTHON = fileURLToPath(new URL('.venv/bin/python', PEERS));
const hasPackages = () => existsSync(new URL('node_modules', PEERS));

function missing(): string {
  const fixes = [
    ...(hasPackages() ? [] : ['`npm install`']),
    ...(existsSync(PYTHON) ? [] : ['`python3 -m venv .venv && .venv/bin/pip install -r requirements.txt`']),
  ];
  return fixes.length === 0 ? '' : ` Some are not installed: run ${fixes.join(' and ')} in \`bench/peers\`.`;
}

function installedPeers(): Peer[] {
  const script =
    (name: string, ...more: string[]) =>
    ({ url, rows }: Given) =>
      runClient(`peers/${name}`, [url, rows, CONCURRENCY, ...more]);
  const loop =
    (...more: string[]) =>
    ({ url, rows, csv }: Given) =>
      runClient('clients/bare-loop.ts', [url, csv, rows, CONCURRENCY, 1, ...more]);
  const rowmill = ({ url, rows, csv, folder }: Given) => runRowmill([url, folder, csv, rows, CONCURRENCY, 1]);
  const instructor =
    (...more: string[]) =>
    ({ url, rows, csv }: Given) => {
      const { model, instructions } = readBenchAgent(1);
      const agent = [model.model, model.max_tokens, instructions];
      const file = fileURLToPath(new URL('instructor_rows.py', PEERS));
      return runMeasured([file, url, csv, rows, CONCURRENCY, ...agent, ...more], PYTHON);
    };
  return [
    { name: CLIENT_NAMES.rowmill, run: rowmill, retry: rowmill },
    { name: CLIENT_NAMES['bare loop'], run: loop(), retry: loop('retry') },
    ...(hasPackages()
      ? [
          { name: 'AI SDK with p-limit', run: script('ai-sdk.mjs'), retry: script('ai-sdk.mjs', 'retry') },
          { name: 'LangChain batch', run: script('langchain.mjs'), retry: script('langchain.mjs', 'retry') },
        ]
      : []),
    ...(existsSync(PYTHON) ? [{ name: 'instructor (Python)', run: instructor(), retry: instructor('retry') }] : []),
    ...(existsSync(new URL('node_modules/promptfoo', PEERS))
      ? [{ name: 'promptfoo eval', share: 0.1, run: promptfoo }]
      : []),
  ];
}

function promptfoo({ url, rows, csv, folder }: Given): Promise<Measured> {
  return runClient('peers/promptfoo.mjs', [url, rows, CONCURRENCY, csv, folder]);
}

function speedOf(measured: Measured): string[] {
  return [grouped(rate(measured)), grouped(cpuUs(measured)), `${measured.peakMegabytes} MB`];
}

function faultsOf({ measured, calls }: { measured: Measured; calls: number }): string[] {
  // A client that does not count them ends with an error unless all are right.
  const right = measured['right'] ?? measured.rows;
  return [measured.seconds.toFixed(1), `${grouped(right)} of ${grouped(measured.rows)}`, grouped(calls)];
}

async function counted(run: Peer['run'], given: Given, { server }: BenchContext) {
  const before = await server.answered();
  const measured = await run(given);
  return { measured, calls: (await server.answered()) - before };
}
