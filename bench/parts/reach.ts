import { type Cell, CLIENT_NAMES, type Client, cpuUs, rate, rateAtWork, runCell } from '../clients.ts';
import type { Measured } from '../measure.ts';
import { interleave, medianRatio } from '../pairs.ts';
import { type BenchContext, grouped, median, type Part, type Verdict, verdict } from '../part.ts';

/** The cells that have a limit. */
const WIDE: Cell = { rows: 20_000, concurrency: 400, latencyMs: 50, turns: 1 };
const MIDDLE: Cell = { ...WIDE, concurrency: 100 };
const SLOW: Cell = { ...MIDDLE, latencyMs: 500 };

type Loop = Extract<Client, 'bare loop' | 'lean loop'>;

/** Rowmill compared with the same SDK in a loop, over the global `fetch` and over Rowmill's own. */
export const reach: Part = async (context) => {
  const rows: string[][] = [];
  const wide = await compare(WIDE, context, rows);
  const middle = await compare(MIDDLE, context, rows);
  const share = await shareOfIdeal(context, rows);
  const at400 = '400 at once, 50 ms';
  const at100 = '100 at once, 50 ms';
  const verdicts: Verdict[] = [
    verdict(`rows/s, calls only, over the bare loop’s, ${at400}`, wide.atWork['bare loop'], { least: 1.2 }),
    verdict(`rows/s, calls only, over the lean loop’s, ${at400}`, wide.atWork['lean loop'], { least: 1.1 }),
    verdict(`rows/s of the whole run over the bare loop’s, ${at100}`, middle.whole['bare loop'], { least: 1 }),
    verdict(`processor time a row over the bare loop’s, ${at400}`, wide.cpu['bare loop'], { most: 1 }),
    verdict(`processor time a row over the bare loop’s, ${at100}`, middle.cpu['bare loop'], { most: 1 }),
    verdict(`processor time a row over the lean loop’s, ${at400}`, wide.cpu['lean loop'], { most: 1.15 }),
    verdict(`processor time a row over the lean loop’s, ${at100}`, middle.cpu['lean loop'], { most: 1.15 }),
    verdict('share of the ideal, 100 at once, 500 ms', share, { least: 98, unit: ' %' }),
  ];
  return {
    title: 'Against a bare loop',
    about:
      'The bare loop is the Anthropic SDK with p-limit over the global `fetch`, as people write it by hand. The lean loop ' +
      'is the same program over Rowmill’s `fetch` (`src/providers/shared/lean-fetch.ts`): the rest of the difference is ' +
      'the cost of the journal and of everything else that Rowmill does. The clients run in turn, in ' +
      `rounds (${context.pairs} here); figures are medians, and “Rowmill over it” are medians of the ratios of one round. ` +
      '“Calls only” is the time from the first to the last row: in it Rowmill commits every call and row. ' +
      'The whole includes the time before and after: the loops read the table by csv-parse and write another by ' +
      'csv-stringify; Rowmill validates, counts and loads it, and writes it through to the disk. Processor time (µs) is ' +
      'that of the whole, all threads.',
    header: [
      ...['cell', 'client', 'rows/s, whole', 'rows/s, calls only', 'µs a row'],
      ...['Rowmill over it: whole', 'calls only', 'µs a row'],
    ],
    rows,
    verdicts,
  };
};

type Ratios = Record<'whole' | 'atWork' | 'cpu', Record<Loop, number>>;

async function compare(cell: Cell, context: BenchContext, rows: string[][]): Promise<Ratios> {
  const given = context.isQuick ? { ...cell, rows: cell.rows / 4 } : cell;
  const name = `${given.concurrency} at once, ${given.latencyMs} ms, ${grouped(given.rows)} rows`;
  const run = (client: Client) => (round: number) => {
    context.progress(`reach: ${name}, round ${round + 1} of ${context.pairs}, ${client}`);
    return runCell(client, given, context);
  };
  const rounds = await interleave(context.pairs, {
    'bare loop': run('bare loop'),
    'lean loop': run('lean loop'),
    rowmill: run('rowmill'),
  });
  const ratios = (figure: (measured: Measured) => number) => ({
    'bare loop': medianRatio(rounds, ['rowmill', 'bare loop'], figure),
    'lean loop': medianRatio(rounds, ['rowmill', 'lean loop'], figure),
  });
  const found: Ratios = { whole: ratios(rate), atWork: ratios(rateAtWork), cpu: ratios(cpuUs) };
  for (const client of ['bare loop', 'lean loop', 'rowmill'] as const) {
    const figures = [rate, rateAtWork, cpuUs].map((figure) =>
      grouped(median(rounds.map((each) => figure(each[client])))),
    );
    const over = client === 'rowmill' ? [] : [found.whole, found.atWork, found.cpu].map((of) => of[client].toFixed(2));
    rows.push([name, CLIENT_NAMES[client], ...figures, ...over]);
  }
  return found;
}

/** Rowmill alone with a slow model, in percent of the rate that the concurrency allows. */
async function shareOfIdeal(context: BenchContext, rows: string[][]): Promise<number> {
  const cell = context.isQuick ? { ...SLOW, rows: SLOW.rows / 5 } : SLOW;
  const name = `${cell.concurrency} at once, ${cell.latencyMs} ms, ${grouped(cell.rows)} rows`;
  context.progress(`reach: ${name}`);
  const measured = await runCell('rowmill', cell, context);
  const ideal = cell.concurrency / (cell.latencyMs / 1000);
  rows.push([name, 'ideal', grouped(ideal)]);
  const figures = [rate, rateAtWork, cpuUs].map((figure) => grouped(figure(measured)));
  rows.push([name, CLIENT_NAMES.rowmill, ...figures]);
  return (rate(measured) / ideal) * 100;
}
