import { type Cell, cpuUs, rate, rateAtWork, runCell } from '../clients.ts';
import { grouped } from '../part.ts';
import type { Comparing } from './compare.ts';

const CELLS: Cell[] = [400, 100].map((concurrency) => ({ rows: 20_000, concurrency, latencyMs: 50, turns: 1 }));

/** Whole batches of two checkouts in the cells of `reach`. */
export const reachAgainst: Comparing = (context) => ({
  title: 'Batches',
  about: 'Whole batches, from their creation to their table. Processor time (µs) is that of the whole, all threads.',
  trials: CELLS.map((given) => {
    const cell = context.isQuick ? { ...given, rows: given.rows / 4 } : given;
    return {
      what: `${cell.concurrency} at once, ${cell.latencyMs} ms, ${grouped(cell.rows)} rows`,
      figures: [
        { name: 'rows/s, whole', better: 'more' },
        { name: 'rows/s, calls only', better: 'more' },
        { name: 'µs a row', better: 'less' },
        { name: 'peak memory, MB' },
      ],
      async run(checkout) {
        const measured = await runCell('rowmill', cell, { ...context, checkout });
        return {
          'rows/s, whole': rate(measured),
          'rows/s, calls only': rateAtWork(measured),
          'µs a row': cpuUs(measured),
          'peak memory, MB': measured.peakMegabytes,
        };
      },
    };
  }),
});
