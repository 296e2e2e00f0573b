import { createLanes } from '../../../src/providers/lanes/lane.ts';
import { type Allowance, bucket, createLimitedServer, createVirtualClock, fixedWindow, seeded } from './lane-world.ts';

/** A limit of a server, and the callers that use it. */
export interface LimitScenario {
  name: string;
  limit: () => Allowance;
  sendsHeaders: boolean;
  saysWhen?: boolean;
  callers: number;
  latencyMs: number;
  refusalMs?: number;
  minutes: number;
  /** Another client of the same limit, in calls a minute. */
  other?: number;
  /** Without headers the tries cost more of its calls than they may. */
  isHard?: boolean;
}

/** What came of it: shares of the calls that an ideal client would have had served, and of all calls. */
export interface LimitOutcome {
  served: number;
  refused: number;
  usedShare: number;
  refusedShare: number;
}

/** Calls at random times, so many a minute. */
function* arrivals(perMinute: number, random: () => number): Generator<number> {
  for (let time = 0; ; ) {
    time += (-Math.log(1 - random()) * 60_000) / perMinute;
    yield time;
  }
}

/** Calls that a client which knows the limit has served. */
function possible({ limit, callers, latencyMs, minutes }: LimitScenario): number {
  const allowance = limit();
  let served = 0;
  let credit = 0;
  for (let now = 0; now < minutes * 60_000; now += 5) {
    credit = Math.min(callers, credit + (callers * 5) / latencyMs);
    for (; credit >= 1 && allowance.take(1, now); credit -= 1) served += 1;
  }
  return served;
}

/** Runs callers that never rest against the limit. The first goes ahead alone, as the first row of a batch does. */
export async function simulate(scenario: LimitScenario, seed = 7): Promise<LimitOutcome> {
  const { callers, latencyMs, minutes, other = 0, sendsHeaders, saysWhen = false, refusalMs = 5 } = scenario;
  const clock = createVirtualClock();
  const random = seeded(seed);
  const latency = () => latencyMs * (0.6 + 0.8 * random());
  const requests = scenario.limit();
  const limits = { requests };
  const server = createLimitedServer({ clock, latencyMs: latency, limits, sendsHeaders, saysWhen, refusalMs });
  const member = createLanes({ clock, random }).join('anthropic', 'm');
  let servedOther = 0;
  const rival = async () => {
    let last = 0;
    for (const time of arrivals(other, seeded(seed))) {
      await clock.sleep(time - last);
      last = time;
      if (requests.take(1, clock.now())) servedOther += 1;
    }
  };
  if (other > 0) void rival();
  void server.work(member);
  await clock.runTo(latencyMs * 2);
  for (let caller = 1; caller < callers; caller += 1) void server.work(member);
  await clock.runTo(minutes * 60_000);
  const { served, refused } = server;
  return {
    served,
    refused,
    usedShare: (served + servedOther) / possible(scenario),
    refusedShare: refused / (served + refused),
  };
}

/** Changes in the middle of forty minutes. */
const change = (from: number, to: number) => (now: number) => (now < 1_200_000 ? from : to);

const KINDS: Omit<LimitScenario, 'sendsHeaders' | 'saysWhen'>[] = [
  { name: 'bucket of 1,000, full', limit: () => bucket(1000), callers: 100, latencyMs: 500, minutes: 15 },
  { name: 'bucket of 1,000, empty', limit: () => bucket(1000, 3), callers: 100, latencyMs: 500, minutes: 15 },
  { name: 'bucket of 1,000 holding 17', limit: () => bucket(1000, 17, 17), callers: 100, latencyMs: 500, minutes: 30 },
  { name: 'bucket of 6,000', limit: () => bucket(6000, 100), callers: 50, latencyMs: 100, minutes: 10 },
  { name: 'bucket of 60', limit: () => bucket(60, 60), callers: 20, latencyMs: 2000, minutes: 120 },
  { name: 'bucket of 1,000, slow answers', limit: () => bucket(1000), callers: 200, latencyMs: 4000, minutes: 15 },
  { name: 'bucket of 1,000, demand 1.3 x', limit: () => bucket(1000), callers: 11, latencyMs: 500, minutes: 30 },
  { name: 'bucket of 1,000, demand 1.1 x', limit: () => bucket(1000), callers: 9, latencyMs: 500, minutes: 30 },
  { name: 'window of 1,000', limit: () => fixedWindow(1000, 37_300), callers: 100, latencyMs: 500, minutes: 15 },
  {
    name: 'window of 600, slow answers',
    limit: () => fixedWindow(600, 900),
    callers: 100,
    latencyMs: 4000,
    minutes: 15,
  },
  { name: 'window of 6,000', limit: () => fixedWindow(6000, 59_000), callers: 50, latencyMs: 100, minutes: 10 },
  { name: 'window of 120', limit: () => fixedWindow(120, 20_500), callers: 20, latencyMs: 1000, minutes: 120 },
  {
    name: 'window of 1,000, demand 1.1 x',
    limit: () => fixedWindow(1000, 37_300),
    callers: 9,
    latencyMs: 500,
    minutes: 15,
  },
  { name: 'bucket, 1,000 to 500', limit: () => bucket(change(1000, 500)), callers: 100, latencyMs: 500, minutes: 40 },
  { name: 'bucket, 500 to 1,000', limit: () => bucket(change(500, 1000)), callers: 100, latencyMs: 500, minutes: 40 },
  {
    name: 'window, 1,000 to 500',
    limit: () => fixedWindow(change(1000, 500), 37_300),
    callers: 100,
    latencyMs: 500,
    minutes: 40,
  },
  {
    name: 'window, 500 to 1,000',
    limit: () => fixedWindow(change(500, 1000), 37_300),
    callers: 100,
    latencyMs: 500,
    minutes: 40,
  },
];

const ALL: LimitScenario[] = [
  ...KINDS.filter(({ name }) => !name.includes('holding')).map((kind) => ({
    ...kind,
    name: `${kind.name}; headers`,
    sendsHeaders: true,
    saysWhen: true,
  })),
  ...KINDS.map((kind) => ({ ...kind, name: `${kind.name}; retry-after`, sendsHeaders: false, saysWhen: true })),
  ...KINDS.map((kind) => ({ ...kind, name: `${kind.name}; nothing`, sendsHeaders: false, saysWhen: false })),
  ...KINDS.filter(({ name }) => /of 1,000(, full)?$|of 6,000$/.test(name)).map((kind) => ({
    ...kind,
    name: `${kind.name}, 40 % used by another client; headers`,
    sendsHeaders: true,
    saysWhen: true,
    other: Number(/[\d,]+/.exec(kind.name)?.[0].replace(',', '')) * 0.4,
  })),
];

/** Too few calls to share the cost of tries, or a limit that doubles unseen. */
const HARD = /^(bucket of 60|window of 120|window, 500 to 1,000); (nothing|retry-after)$/;

/** Every kind of limit, with rate headers, with `retry-after` alone, and with neither; and shared with another client. */
export const SCENARIOS: LimitScenario[] = ALL.map((scenario) => ({ ...scenario, isHard: HARD.test(scenario.name) }));
