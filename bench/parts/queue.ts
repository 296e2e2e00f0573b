import { runClient } from '../measure.ts';
import { grouped, type Part, verdict } from '../part.ts';
import { writeTable } from '../workload.ts';

const CONCURRENCY = 400;

/** What priorities of jobs and time series cost. */
export const queue: Part = async ({ isQuick, server, folder, progress }) => {
  const [jobs, size, runs] = isQuick ? [20_000, 10_000, 1] : [100_000, 50_000, 3];
  progress(`queue: ${grouped(jobs)} jobs of ten priorities and of one`);
  const claims = await runClient('clients/claims.ts', [server.url, folder, jobs]);
  progress(`queue: time series of ${grouped(size)} rows`);
  const csv = await writeTable(folder, size);
  const series = { series: 0, busy: 0 };
  for (let run = 0; run < runs; run += 1) {
    const found = await runClient('clients/series.ts', [`${server.url}/0/1`, folder, csv, size, CONCURRENCY]);
    series.series += found['series'] ?? Number.NaN;
    series.busy += found['busy'] ?? Number.NaN;
  }
  const { mixedCpuSeconds = 0, plainCpuSeconds = 0, mixedSealSeconds = 0, plainSealSeconds = 0 } = claims;
  const micros = (seconds: number) => `${((seconds / jobs) * 1e6).toFixed(1)} µs`;
  const share = (series.series / series.busy) * 100;
  return {
    title: 'Priorities and time series',
    about: `${grouped(jobs)} jobs of the priorities 1 to 10 and as many of one priority are sealed, and claimed 100 at a time, in turn; processor time. Then \`rowmill serve\`'s own loop runs a batch of ${grouped(size)} rows, ${CONCURRENCY} at once, answered without delay, ${runs} times, under V8's profiler: the share of the busy time of the main thread that is spent in or below the code of the time series.`,
    header: ['jobs', 'a claim, a row', 'sealing'],
    rows: [
      ['ten priorities', micros(mixedCpuSeconds), `${mixedSealSeconds.toFixed(1)} s`],
      ['one priority', micros(plainCpuSeconds), `${plainSealSeconds.toFixed(1)} s`],
    ],
    verdicts: [
      verdict('claims by priority over claims without', claims['ratio'] ?? Number.NaN, { least: 0.95 }),
      verdict('time series, share of the time of a batch', share, { most: 1, unit: ' %' }),
    ],
  };
};
