import { type Cell, cpuUs, rate, runCell } from '../clients.ts';
import { type BenchContext, grouped, median, type Part, type Verdict, verdict } from '../part.ts';

/** The cells that have a limit, with more rows and repeated, because the machine has other work. */
export const reach: Part = async (context) => {
  const rows: string[][] = [];
  const wide = await compare({ rows: 20_000, concurrency: 400, latencyMs: 50, turns: 1 }, context, rows);
  const middle = await compare({ rows: 20_000, concurrency: 100, latencyMs: 50, turns: 1 }, context, rows);
  const slow: Cell = { rows: context.isQuick ? 4_000 : 20_000, concurrency: 100, latencyMs: 500, turns: 1 };
  context.progress(`reach: ${slow.rows} rows at 500 ms`);
  const measured = await runCell('rowmill', slow, context);
  const share = (rate(measured) / (slow.concurrency / (slow.latencyMs / 1000))) * 100;
  rows.push([
    `100 at once, 500 ms, ${grouped(slow.rows)} rows`,
    '',
    grouped(rate(measured)),
    `${share.toFixed(1)} %`,
    '',
    '',
  ]);
  const verdicts: Verdict[] = [
    verdict('rows/s over the bare loop’s, 400 at once, 50 ms', wide.rate, { least: 1.2 }),
    verdict('rows/s over the bare loop’s, 100 at once, 50 ms', middle.rate, { least: 1 }),
    verdict('processor time a row over the bare loop’s, 400 at once', wide.cpu, { most: 1 }),
    verdict('processor time a row over the bare loop’s, 100 at once', middle.cpu, { most: 1 }),
    verdict('share of the ideal, 100 at once, 500 ms', share, { least: 98, unit: ' %' }),
  ];
  return {
    title: 'Against a bare loop',
    about:
      'The same as above with more rows, both clients in turn, several times; medians, and the median of the ratios of ' +
      'neighbouring runs.',
    header: ['cell', 'bare rows/s', 'Rowmill rows/s', 'ratio', 'bare µs a row', 'Rowmill µs a row'],
    rows,
    verdicts,
  };
};

/** Runs bare loop and Rowmill in turn; the medians of Rowmill's figures over the bare loop's. */
async function compare(cell: Cell, context: BenchContext, rows: string[][]): Promise<{ rate: number; cpu: number }> {
  const given = context.isQuick ? { ...cell, rows: cell.rows / 4 } : cell;
  const name = `${given.concurrency} at once, ${given.latencyMs} ms, ${grouped(given.rows)} rows`;
  const runs = [];
  for (let time = 0; time < (context.isQuick ? 3 : 5); time += 1) {
    context.progress(`reach: ${name}, time ${time + 1}`);
    const bare = await runCell('bare loop', given, context);
    runs.push({ bare, rowmill: await runCell('rowmill', given, context) });
  }
  const ratio = median(runs.map(({ bare, rowmill }) => rate(rowmill) / rate(bare)));
  const cpu = median(runs.map(({ bare, rowmill }) => cpuUs(rowmill) / cpuUs(bare)));
  const [bareRate, rowmillRate] = [
    median(runs.map((run) => rate(run.bare))),
    median(runs.map((run) => rate(run.rowmill))),
  ];
  const [bareCpu, rowmillCpu] = [
    median(runs.map((run) => cpuUs(run.bare))),
    median(runs.map((run) => cpuUs(run.rowmill))),
  ];
  rows.push([name, ...[bareRate, rowmillRate].map(grouped), ratio.toFixed(2), ...[bareCpu, rowmillCpu].map(grouped)]);
  return { rate: ratio, cpu };
}
