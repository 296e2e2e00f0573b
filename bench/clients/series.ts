/**
 * `node bench/clients/series.ts URL FOLDER CSV ROWS CONCURRENCY`: a batch as `rowmill serve` runs it, under the profiler
 * of V8: which share of the time of the main thread the time series take.
 */
import { rm } from 'node:fs/promises';
import { type Profiler, Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import { createLog } from '../../src/base/log.ts';
import { measure, tell } from '../measure.ts';
import { agentName, agentsPath } from '../workload.ts';

const [url = '', folder = '', csv = '', rows = '0', concurrency = '1'] = process.argv.slice(2);
/** The sources that write the time series: sums of calls and rows, samples of what waits. */
const SERIES = /\/src\/(storage\/sqlite\/usage|monitoring)\//;
const INTERVAL_US = 500;

const config = readConfig(
  {
    ...{ ANTHROPIC_API_KEY: 'bench', ANTHROPIC_BASE_URL: url, ROWMILL_AGENTS: agentsPath(), ROWMILL_FILES: folder },
    ROWMILL_DATA_DIR: join(folder, `data-${process.pid}`),
  },
  folder,
);
const app = await createApp(config, createLog('warn'), { driver: 'supervisor' });
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });

const never = new AbortController().signal;
const target = { type: 'agent' as const, name: agentName(1) };
const options = { concurrency: Number(concurrency), mode: 'realtime' as const };
const { report } = await app.runner.create({ csv_uri: csv, target, options });
await session.post('Profiler.start');
const measured = await measure(Number(rows), () =>
  app.supervise({ signal: never, hardSignal: never, untilIdle: true }),
);
const { profile } = await session.post('Profiler.stop');
const { status, counts } = await app.runner.report(report.batch_id);
if (status !== 'completed' || counts.succeeded !== Number(rows)) throw new Error(`the batch is ${status}`);
await app.close();
await rm(config.dataDir, { recursive: true });
tell({ ...measured, ...shares(profile) });

/** Seconds of the samples in which the thread was busy, and of those in or below the time series. */
function shares({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): { busy: number; series: number } {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const isSeries = new Map<number, boolean>();
  const within = (id: number | undefined): boolean => {
    if (id === undefined) return false;
    const known = isSeries.get(id);
    if (known !== undefined) return known;
    const found = SERIES.test(byId.get(id)?.callFrame.url ?? '') || within(parents.get(id));
    isSeries.set(id, found);
    return found;
  };
  const sum = { busy: 0, series: 0 };
  for (const [at, id] of samples.entries()) {
    if (byId.get(id)?.callFrame.functionName === '(idle)') continue;
    const seconds = (timeDeltas[at] ?? 0) / 1e6;
    sum.busy += seconds;
    if (within(id)) sum.series += seconds;
  }
  return sum;
}
