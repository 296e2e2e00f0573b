import { runInstalled } from '../clients.ts';
import type { Measured } from '../measure.ts';
import { grouped, type Part, type Verdict, verdict } from '../part.ts';

const FORMATS = ['csv', 'jsonl', 'parquet', 'xlsx'];
/** Formats that are text or columns; a workbook is zipped XML, and its peak is its only limit. */
const FAST = ['csv', 'jsonl', 'parquet'];
const LEAST = 120_000;
/** Of so many runs the quickest counts: what disturbs a run only makes it slower. */
const RUNS = 3;

/** Exports of one batch in every format, at two sizes: their speed, and that memory does not grow. */
export const exports: Part = async ({ isQuick, server, folder, progress }) => {
  const [small, large] = isQuick ? [50_000, 100_000] : [250_000, 1_000_000];
  const sizes = [small, large];
  const rows: string[][] = [];
  const verdicts: Verdict[] = [];
  for (const size of sizes) {
    progress(`export: a batch of ${grouped(size)} rows`);
    await runInstalled('export', [`${server.url}/0/1`, folder, size, 'seed']);
  }
  for (const format of FORMATS) {
    const peaks: number[] = [];
    for (const size of sizes) {
      progress(`export: ${grouped(size)} rows as ${format}`);
      const found: Measured[] = [];
      while (found.length < (FAST.includes(format) ? RUNS : 1))
        found.push(await runInstalled('export', [server.url, folder, size, format, large / size]));
      const quickest = found.reduce((best, run) => (run.seconds < best.seconds ? run : best));
      const { seconds, cpuSeconds, megabytes = 0 } = quickest;
      const peakMegabytes = Math.max(...found.map((run) => run.peakMegabytes));
      peaks.push(peakMegabytes);
      rows.push([
        ...[
          format,
          grouped(size),
          `${((seconds * size) / large).toFixed(1)} s`,
          grouped(large / seconds),
          grouped(large / cpuSeconds),
        ],
        ...[`${peakMegabytes} MB`, `${megabytes} MB`],
      ]);
      if (size === large && FAST.includes(format)) {
        verdicts.push(verdict(`${format}, rows/s`, size / seconds, { least: LEAST }));
      }
    }
    const [ofSmall = Number.NaN, ofLarge = Number.NaN] = peaks;
    verdicts.push(verdict(`${format}, peak of the larger over that of the smaller`, ofLarge / ofSmall, { most: 1.25 }));
  }
  return {
    title: 'Export',
    about:
      'A finished batch of ten columns is exported through the runner, as `GET /v1/batches/ID/export` and `batches export` do; ' +
      'the bytes are counted and dropped. The smaller batch is exported as often as it takes to write as many rows: V8 lets its ' +
      'heap grow over the first seconds of any work, and keeps the short texts that it has parsed in a table until its next ' +
      `full collection. Times are those of the quickest of ${RUNS} runs (xlsx: of one); processor time is that of all threads; ` +
      'peak memory is the resident size of the whole process, the largest of the runs.',
    header: ['format', 'rows', 'time', 'rows/s', 'rows a processor second', 'peak memory', 'file'],
    rows,
    verdicts,
  };
};
