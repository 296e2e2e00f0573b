import { cpuUs, rate, runRowmill } from '../clients.ts';
import { grouped } from '../part.ts';
import { writeTable } from '../workload.ts';
import type { Comparing } from './compare.ts';

const CONCURRENCY = 100;

/** Peak memory of two checkouts over batches of the given sizes, and the export of each. */
export const memoryAgainst: Comparing = ({ sizes, server, folder }) => ({
  title: 'Memory and export',
  about:
    `Whole batches, ${CONCURRENCY} rows at once, answered without delay, then an export of the finished batch. They are ` +
    'smaller than those of the part itself, so that all pairs take minutes; `--rows` sets their sizes.',
  trials: sizes.map((size) => ({
    what: `${grouped(size)} rows`,
    figures: [
      { name: 'peak memory, MB', better: 'less' },
      { name: 'peak after export, MB', better: 'less' },
      { name: 'rows/s', better: 'more' },
      { name: 'µs a row', better: 'less' },
      { name: 'exported rows/s', better: 'more' },
      { name: 'database, MB', better: 'less' },
    ],
    async run(checkout) {
      const csv = await writeTable(folder, size);
      const args = [`${server.url}/0/1`, folder, csv, size, CONCURRENCY, 1, 'export'];
      const measured = await runRowmill(args, checkout);
      const { peakMegabytes, peakAfterExport = 0, exportSeconds = 0, databaseMegabytes = 0 } = measured;
      return {
        'peak memory, MB': peakMegabytes,
        'peak after export, MB': peakAfterExport,
        'rows/s': rate(measured),
        'µs a row': cpuUs(measured),
        'exported rows/s': size / exportSeconds,
        'database, MB': databaseMegabytes,
      };
    },
  })),
});
