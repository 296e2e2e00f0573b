import { type FleetLoad, fitNeed, type Need, needOf } from '../fleet/model.ts';
import { type FleetRun, runFleet } from '../fleet/run-fleet.ts';
import type { Measured } from '../measure.ts';
import { grouped, type Part, type Verdict, verdict } from '../part.ts';

/** Amounts over the time of a batch: a need of rows, of workers and of time. */
const FLOWS: Record<string, (measured: Measured) => number> = {
  'coordinator ms/s': ({ cpuSeconds }) => cpuSeconds * 1000,
  'Redis ms/s': ({ redisCpuSeconds = 0 }) => redisCpuSeconds * 1000,
  'commands/s': ({ redisCommands = 0 }) => redisCommands,
  'kB/s': ({ redisBytes = 0 }) => redisBytes / 1000,
};
/** Amounts that depend on the number of workers alone. */
const LEVELS: Record<string, (measured: Measured) => number> = {
  'Redis MB': ({ redisPeakBytes = 0 }) => redisPeakBytes / 1e6,
  connections: ({ redisConnections = 0 }) => redisConnections,
};
/** Rows at a time on a worker. */
const SLOTS = 5;
const FLEET = 1_000;
/** How long a row of that fleet takes, in seconds. */
const ROW_SECONDS = [60, 10];

interface Found {
  run: FleetRun;
  measured: Measured;
  load: FleetLoad;
}

/** What coordinator and Redis need for 1,000 workers: a model whose coefficients are measured, beside other measurements. */
export const capacity: Part = async (context) => {
  const measure = async (toolMs: number, workers: number): Promise<Found> => {
    const rowsIn = (ms: number) => SLOTS * workers * Math.max(1, Math.round(ms / toolMs));
    const rows = rowsIn(context.isQuick ? 10_000 : 30_000);
    const run: FleetRun = { agent: 'bench-slow-tool', toolMs, workers, rows, warmRows: rowsIn(5_000) };
    const measured = await runFleet(run, context);
    return { run, measured, load: { rows, workers, seconds: measured.seconds } };
  };
  const fitted = [await measure(1_000, 16), await measure(10_000, 4), await measure(10_000, 16)] as const;
  const checked = [await measure(1_000, 8), await measure(2_000, 16), await measure(10_000, 32)];
  const flows = Object.entries(FLOWS).map(([name, figure]) => ({ name, figure, need: needFor(fitted, figure) }));
  const levels = Object.entries(LEVELS).map(([name, figure]) => ({ name, figure, ...grow(fitted, figure) }));
  const line = (kind: string, { run, measured, load }: Found) => [
    `tool of ${run.toolMs} ms, ${run.workers} workers (${kind})`,
    ...flows.map(({ figure, need }) => both(figure(measured) / load.seconds, needOf(load, need) / load.seconds)),
    ...levels.map(({ figure, base, perWorker }) => both(figure(measured), base + run.workers * perWorker)),
  ];
  const coefficients = (what: string, key: keyof Need) => [what, ...flows.map(({ need }) => short(need[key])), '', ''];
  return {
    title: 'What a fleet of 1,000 workers needs',
    about: ABOUT,
    header: ['measured / model', ...Object.keys(FLOWS), ...Object.keys(LEVELS)],
    rows: [
      ...fitted.map((each) => line('fitted', each)),
      ...checked.map((each) => line('checked', each)),
      coefficients('coefficient of a row', 'row'),
      [
        ...coefficients('coefficient of a worker', 'workerSecond').slice(0, -2),
        ...levels.map(({ perWorker }) => short(perWorker)),
      ],
      [...coefficients('constant', 'second').slice(0, -2), ...levels.map(({ base }) => short(base))],
      ...ROW_SECONDS.map((seconds) => [
        `model: ${grouped(FLEET)} workers, rows of ${seconds} s`,
        ...flows.map(({ need }) => short(needOf(thousand(seconds), need))),
        ...levels.map(({ base, perWorker }) => short(base + FLEET * perWorker)),
      ]),
    ],
    verdicts: flows.map(({ name, figure, need }) => worst(name, checked, { figure, need })),
  };
};

const ABOUT =
  'Each figure is measured / by the model. The model is linear: an amount for each row (one call of a tool and two of the ' +
  'model), one for each second of each worker (presence, heartbeats, locks), and a constant. It is fitted to the first three ' +
  'runs, and checked against the others. The tool of the agent waits, as one that holds a browser, and takes 5 ms of ' +
  'processor time; five rows at a time on each worker, which sends so seldom that hardly two messages of it go together. ' +
  'Messages are encrypted; Redis keeps no file.';

function needFor(fitted: readonly Found[], figure: (measured: Measured) => number): Need {
  return fitNeed(
    fitted.map(({ load }) => load),
    fitted.map(({ measured }) => figure(measured)),
  );
}

/** From the runs of 4 and 16 workers. */
function grow(
  [, few, many]: readonly [Found, Found, Found],
  figure: (measured: Measured) => number,
): { base: number; perWorker: number } {
  const perWorker = (figure(many.measured) - figure(few.measured)) / (many.run.workers - few.run.workers);
  return { perWorker, base: figure(few.measured) - few.run.workers * perWorker };
}

/** A second of a fleet whose slots all have rows of this length. */
function thousand(rowSeconds: number): FleetLoad {
  return { rows: (FLEET * SLOTS) / rowSeconds, workers: FLEET, seconds: 1 };
}

/** The checked run that the model fits least. */
function worst(
  name: string,
  checked: readonly Found[],
  { figure, need }: { figure: (measured: Measured) => number; need: Need },
): Verdict {
  const off = checked.map(({ measured, load }) => Math.abs(needOf(load, need) / figure(measured) - 1) * 100);
  return verdict(`${name}: the model beside other runs`, Math.max(...off), { most: 30, unit: ' %' });
}

function both(measured: number, model: number): string {
  return `${short(measured)} / ${short(model)}`;
}

function short(value: number): string {
  return Math.abs(value) >= 1_000 ? grouped(value) : String(Number(value.toPrecision(3)));
}
