import { runClient } from '../measure.ts';
import { grouped, type Part, verdict } from '../part.ts';

/** Analysis of a large CSV beside a bare csv-parse pass over it. */
export const analyze: Part = async ({ isQuick, progress }) => {
  const megabytes = isQuick ? 100 : 1000;
  progress(`analyze: ${megabytes} MB`);
  const found = await runClient('analyze.ts', ['--mb', megabytes, '--json']);
  const { bareSeconds = 0, bareCpuSeconds = 0, bareMegabytes = 0, seconds, cpuSeconds, peakMegabytes } = found;
  return {
    title: 'Analysis',
    about: `A CSV of ${grouped(megabytes)} MB with quoted line breaks, ${grouped(found.rows)} rows: csv-parse alone, which counts records, and \`rowmill analyze\`, which profiles every column.`,
    header: ['pass', 'seconds', 'processor s', 'MB/s', 'peak memory'],
    rows: [
      [
        'csv-parse',
        bareSeconds.toFixed(1),
        bareCpuSeconds.toFixed(1),
        (megabytes / bareSeconds).toFixed(0),
        `${bareMegabytes} MB`,
      ],
      ['analysis', seconds.toFixed(1), cpuSeconds.toFixed(1), (megabytes / seconds).toFixed(0), `${peakMegabytes} MB`],
    ],
    verdicts: [
      verdict('seconds over csv-parse’s', seconds / bareSeconds, { most: 2.5 }),
      verdict('peak memory', peakMegabytes, { most: 250, unit: ' MB' }),
    ],
  };
};
