import { type Cell, cpuUs, rate, rateAtWork, runCell } from '../clients.ts';
import type { Measured } from '../measure.ts';
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
    '',
  ]);
  const verdicts: Verdict[] = [
    verdict('rows/s at work over the bare loop’s, 400 at once, 50 ms', wide.atWork, { least: 1.2 }),
    verdict('rows/s at work over the bare loop’s, 100 at once, 50 ms', middle.atWork, { least: 1 }),
    verdict('processor time a row over the bare loop’s, 400 at once', wide.cpu, { most: 1 }),
    verdict('processor time a row over the bare loop’s, 100 at once', middle.cpu, { most: 1 }),
    verdict('share of the ideal, 100 at once, 500 ms', share, { least: 98, unit: ' %' }),
  ];
  return {
    title: 'Against a bare loop',
    about:
      'Both clients in turn, several times, from a table to a table; medians, and the median of the ratios of neighbouring ' +
      'runs. “At work” is the time of the calls alone, from the first to the last row, which is what the bare loop is ' +
      'about: Rowmill has every call and row committed in it. The whole has what is around it, too: the bare loop reads ' +
      'the table by csv-parse and writes another by csv-stringify; Rowmill validates, counts and loads it, and writes it ' +
      'through to the disk. The limits are for the time at work, those of processor time for the whole.',
    header: [
      ...['cell', 'bare rows/s', 'Rowmill rows/s', 'ratio, whole', 'ratio at work'],
      ...['bare µs a row', 'Rowmill µs a row'],
    ],
    rows,
    verdicts,
  };
};

/** Runs bare loop and Rowmill in turn; the medians of Rowmill's figures over the bare loop's. */
async function compare(cell: Cell, context: BenchContext, rows: string[][]): Promise<{ atWork: number; cpu: number }> {
  const given = context.isQuick ? { ...cell, rows: cell.rows / 4 } : cell;
  const name = `${given.concurrency} at once, ${given.latencyMs} ms, ${grouped(given.rows)} rows`;
  const runs: { bare: Measured; rowmill: Measured }[] = [];
  for (let time = 0; time < (context.isQuick ? 3 : 5); time += 1) {
    context.progress(`reach: ${name}, time ${time + 1}`);
    const bare = await runCell('bare loop', given, context);
    runs.push({ bare, rowmill: await runCell('rowmill', given, context) });
  }
  const ratioOf = (figure: (measured: Measured) => number) =>
    median(runs.map(({ bare, rowmill }) => figure(rowmill) / figure(bare)));
  const medians = (figure: (measured: Measured) => number) =>
    (['bare', 'rowmill'] as const).map((client) => grouped(median(runs.map((run) => figure(run[client])))));
  const atWork = ratioOf(rateAtWork);
  rows.push([name, ...medians(rate), ratioOf(rate).toFixed(2), atWork.toFixed(2), ...medians(cpuUs)]);
  return { atWork, cpu: ratioOf(cpuUs) };
}
