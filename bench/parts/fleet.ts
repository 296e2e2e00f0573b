import { runFleet } from '../fleet/run-fleet.ts';
import type { Measured } from '../measure.ts';
import { interleave } from '../pairs.ts';
import { median, type Part, verdict } from '../part.ts';

/** Rows on 1, 2 and 4 workers whose tool is the limit, and what a row costs more than in one process. */
export const fleet: Part = async (context) => {
  const { isQuick, pairs } = context;
  const rates = new Map<number, number>();
  for (const workers of [1, 2, 4]) {
    const bound = {
      agent: 'bench-slow-tool' as const,
      rows: (isQuick ? 150 : 1_000) * workers,
      warmRows: 10 * workers,
    };
    const { rate = 0 } = await runFleet({ ...bound, workers }, context);
    rates.set(workers, rate);
  }
  const quick = { agent: 'bench-one-turn' as const, rows: isQuick ? 3_000 : 20_000, warmRows: isQuick ? 1_000 : 5_000 };
  const rounds = await interleave(Math.min(pairs, 3), {
    here: () => runFleet({ ...quick, workers: 0 }, context),
    there: () => runFleet({ ...quick, workers: 1 }, context),
  });
  const middle = (figure: (round: Record<'here' | 'there', Measured>) => number) => median(rounds.map(figure));
  const of = (workers: number) => (rates.get(workers) ?? 0) / (rates.get(1) ?? Number.NaN);
  return {
    title: 'A fleet',
    about:
      'An agent with a tool that waits 200 ms and needs 5 ms of processor time, five rows at a time on each worker; model, ' +
      'Redis, coordinator and workers share the two cores of this machine. Beside that, rows of one call that is answered ' +
      'at once, five at a time: the processor time of coordinator and worker together, less that of the same rows in real ' +
      'time, after a batch that warms both up. Messages are encrypted.',
    header: ['', 'rows/s', 'over one worker', 'µs a row: coordinator', 'worker', 'Redis'],
    rows: [
      ...[1, 2, 4].map((count) => [
        `slow tool, ${count} workers`,
        ...[(rates.get(count) ?? 0).toFixed(1), `${of(count).toFixed(2)} ×`, '', '', ''],
      ]),
      ...(['here', 'there'] as const).map((place) => [
        place === 'here' ? 'one call, in real time' : 'one call, one worker',
        ...[middle((round) => round[place].rate ?? 0).toFixed(0), ''],
        ...[(each: Measured) => each.cpuSeconds, workersCpu, redisCpu].map((cpu) =>
          middle((round) => perRow(cpu(round[place]), round[place])).toFixed(0),
        ),
      ]),
    ],
    verdicts: [
      verdict('rows/s of two workers over one', of(2), { least: 1.8, unit: ' ×' }),
      verdict('rows/s of four workers over one', of(4), { least: 3.2, unit: ' ×' }),
      verdict(
        'processor time of a row beyond real time',
        middle(({ here, there }) => perRow(there.cpuSeconds + workersCpu(there) - here.cpuSeconds, here)),
        { most: 300, unit: ' µs' },
      ),
    ],
  };
};

/** Microseconds. */
function perRow(seconds: number, { rows }: Measured): number {
  return (seconds / rows) * 1e6;
}

function workersCpu({ workersCpuSeconds = 0 }: Measured): number {
  return workersCpuSeconds;
}

function redisCpu({ redisCpuSeconds = 0 }: Measured): number {
  return redisCpuSeconds;
}
