import { runRowmill } from '../clients.ts';
import { grouped, type Part, verdict } from '../part.ts';
import { writeTable } from '../workload.ts';

const CONCURRENCY = 100;

/** Peak memory of batches of growing size, and the export of the largest. */
export const memory: Part = async ({ isQuick, server, folder, progress }) => {
  const sizes = isQuick ? [10_000, 50_000] : [10_000, 50_000, 200_000, 1_000_000];
  const rows: string[][] = [];
  const peaks = new Map<number, number>();
  for (const size of sizes) {
    progress(`memory: ${grouped(size)} rows`);
    const csv = await writeTable(folder, size);
    const found = await runRowmill([`${server.url}/0/1`, folder, csv, size, CONCURRENCY, 1, 'export']);
    peaks.set(size, found.peakMegabytes);
    const { seconds, cpuSeconds, peakMegabytes, exportSeconds = 0, databaseMegabytes = 0, peakAfterExport = 0 } = found;
    rows.push([
      ...[grouped(size), grouped(size / seconds), grouped((cpuSeconds / size) * 1e6), `${peakMegabytes} MB`],
      ...[
        `${databaseMegabytes} MB`,
        `${exportSeconds.toFixed(1)} s`,
        grouped(size / exportSeconds),
        `${peakAfterExport} MB`,
      ],
    ]);
  }
  const largest = peaks.get(sizes.at(-1) ?? 0) ?? Number.NaN;
  return {
    title: 'Memory and export',
    about:
      `Whole batches at ${CONCURRENCY} rows at once, answered without delay, then an export of the finished batch to another ` +
      'CSV. Peak memory is the resident size of the whole process, including SQLite’s cache of 4 MB.',
    header: ['rows', 'rows/s', 'µs a row', 'peak memory', 'database', 'export', 'exported rows/s', 'peak after export'],
    rows,
    verdicts: [
      verdict('peak at 50,000 rows', peaks.get(50_000) ?? Number.NaN, { most: 180, unit: ' MB' }),
      ...(isQuick ? [] : [verdict('peak at 1,000,000 rows', largest, { most: 240, unit: ' MB' })]),
    ],
  };
};
