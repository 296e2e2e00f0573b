import { AppError } from '../../../src/base/errors.ts';
import { createLanes } from '../../../src/providers/lanes/lane.ts';
import { createLimitedServer, createVirtualClock, seeded } from './lane-world.ts';

/** A server that refuses a share of all calls by chance, and its callers. */
export interface ChanceWorld {
  callers: number;
  latencyMs: number;
  minutes: number;
  share: number;
}

/** Of 100 callers of a server that refuses 4 % of all calls by chance: the time of so many calls, in milliseconds. */
export async function timeOfChance(calls: number, seed: number): Promise<number> {
  const clock = createVirtualClock();
  const random = seeded(seed);
  const server = createLimitedServer({
    ...{ clock, limits: {}, latencyMs: () => 40 + 20 * random(), refusalMs: 50 },
    chance: () => (random() < 0.04 ? refusal() : undefined),
  });
  const member = createLanes({ clock, random }).join('anthropic', 'm');
  let taken = 0;
  let isOver = false;
  const callers = Array.from({ length: 100 }, () => server.work(member, () => taken++ >= calls));
  void Promise.all(callers).then(() => {
    isOver = true;
  });
  while (!isOver) await clock.runTo(clock.now() + 500);
  return clock.now();
}

/** Runs callers that never rest against the server. Returns the calls served, as a share of those of an ideal client. */
export async function simulateChance({ callers, latencyMs, minutes, share }: ChanceWorld): Promise<number> {
  const clock = createVirtualClock();
  const random = seeded(11);
  const chance = () => (random() < share ? refusal() : undefined);
  const server = createLimitedServer({ clock, limits: {}, latencyMs: () => latencyMs, chance });
  const member = createLanes({ clock, random }).join('anthropic', 'm');
  for (let caller = 0; caller < callers; caller += 1) void server.work(member);
  await clock.runTo(minutes * 60_000);
  // A refused call waits for a second, and is then sent again.
  const callMs = latencyMs + (share / (1 - share)) * (1000 + latencyMs * 0.1 + 5);
  return server.served / ((callers * minutes * 60_000) / callMs);
}

function refusal(): AppError {
  return new AppError('model_rate_limited', 'By chance.', { retryable: true, retryAfterMs: 1000 });
}
