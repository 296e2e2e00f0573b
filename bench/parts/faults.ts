import { CLIENT_NAMES, runRowmill } from '../clients.ts';
import { type Measured, runClient } from '../measure.ts';
import { interleave, medianRatio } from '../pairs.ts';
import { grouped, median, type Part, verdict } from '../part.ts';
import { writeTable } from '../workload.ts';

const CONCURRENCY = 100;
const LATENCY_MS = 50;

/** Rowmill beside a bare loop whose SDK retries each call by itself, under the same faults by chance. */
export const faults: Part = async ({ isQuick, pairs, server, folder, progress }) => {
  const count = isQuick ? 1_000 : 2_000;
  const csv = await writeTable(folder, count);
  const clients = {
    rowmill: (url: string) => runRowmill([url, folder, csv, count, CONCURRENCY, 1]),
    'bare loop': (url: string) => runClient('clients/bare-loop.ts', [url, csv, count, CONCURRENCY, 1, 'retry']),
  };
  const run = (name: keyof typeof clients) => async (round: number) => {
    progress(`faults: round ${round + 1} of ${pairs}, ${name}`);
    const before = await server.answered();
    const mix = `${round + 1}-${name === 'rowmill' ? 'rowmill' : 'bare'}`;
    const measured = await clients[name](`${server.url}/${LATENCY_MS}/1/${mix}`);
    return { ...measured, calls: (await server.answered()) - before };
  };
  const rounds = await interleave(pairs, { rowmill: run('rowmill'), 'bare loop': run('bare loop') });
  const row = (name: keyof typeof clients, title: string) => {
    const of = (figure: (measured: Measured & { calls: number }) => number) =>
      rounds.map((round) => figure(round[name]));
    const seconds = of((measured) => measured.seconds);
    const calls = of((measured) => measured.calls);
    return [title, median(seconds).toFixed(2), Math.max(...seconds).toFixed(2), grouped(median(calls))];
  };
  const ratio = medianRatio(rounds, ['rowmill', 'bare loop'], ({ seconds }) => seconds);
  const worst = Math.max(...rounds.map(({ rowmill, 'bare loop': bare }) => rowmill.seconds / bare.seconds));
  return {
    title: 'Faults by chance',
    about:
      `${grouped(count)} rows, ${CONCURRENCY} at once, each call answered after ${LATENCY_MS} ms: 4 % with status 429 and ` +
      '`retry-after: 1`, 3 % with 529, 3 % with 500, 2 % by a broken connection, 3 % with a field of the wrong type, 2 % with text ' +
      'instead of data. The order of the faults is the same for both clients of a round. The SDK of the bare loop repeats each ' +
      'call by itself (`maxRetries: 10`), and the loop asks again for an answer that does not fit the schema.',
    header: ['client', 'seconds, median', 'seconds, slowest', 'calls'],
    rows: [row('rowmill', CLIENT_NAMES.rowmill), row('bare loop', 'bare loop: the SDK retries each call')],
    verdicts: [
      verdict('time of Rowmill over that of the bare loop', ratio, { most: 1.15, unit: ' ×' }),
      // A lane that takes chance for a limit makes one round many times slower, which a median hides.
      verdict('the same in the worst round', worst, { most: 2, unit: ' ×' }),
    ],
  };
};
