import { describe, expect, it } from 'vitest';
import { createLanes } from '../../../src/providers/lanes/lane.ts';
import type { LaneCaps } from '../../../src/providers/lanes/lane-meters.ts';
import {
  type Allowance,
  bucket,
  createLimitedServer,
  createVirtualClock,
  fixedWindow,
  type LimitedServerOptions,
  seeded,
} from './lane-world.ts';

interface Load extends Partial<Pick<LimitedServerOptions, 'slots' | 'sendsHeaders' | 'tokens'>> {
  limits: LimitedServerOptions['limits'];
  callers: number;
  latencyMs: number;
  minutes: number;
  caps?: LaneCaps;
}

/** What came of callers that never rest, over so many minutes. The first goes ahead alone, as a batch's first row does. */
async function load({ callers, latencyMs, minutes, caps = {}, ...options }: Load) {
  const clock = createVirtualClock();
  const random = seeded(7);
  const latency = () => latencyMs * (0.6 + 0.8 * random());
  const server = createLimitedServer({ clock, latencyMs: latency, ...options });
  const member = createLanes({ clock, random }).join('anthropic', 'm', { caps });
  const work = () => void server.work(member);
  work();
  await clock.runTo(latencyMs * 2);
  for (let caller = 1; caller < callers; caller += 1) work();
  await clock.runTo(minutes * 60_000);
  return { served: server.served, refusedShare: server.refused / (server.served + server.refused), now: clock.now() };
}

describe('a server that allows so many requests a minute', () => {
  it.each([
    { name: 'a bucket that starts full', make: () => bucket(1000), callers: 100, latencyMs: 500 },
    { name: 'a bucket that starts empty', make: () => bucket(1000, 3), callers: 100, latencyMs: 500 },
    { name: 'a large bucket and quick answers', make: () => bucket(12_000, 100), callers: 50, latencyMs: 50 },
    { name: 'a small bucket', make: () => bucket(60, 60), callers: 20, latencyMs: 2000 },
    { name: 'a window', make: () => fixedWindow(1000, 37_300), callers: 100, latencyMs: 500 },
    { name: 'a window with slow answers', make: () => fixedWindow(600, 900), callers: 100, latencyMs: 4000 },
    { name: 'a large window and quick answers', make: () => fixedWindow(6000, 59_000), callers: 50, latencyMs: 100 },
    { name: 'a small window', make: () => fixedWindow(120, 20_500), callers: 20, latencyMs: 1000 },
  ])('has 95 % of them used and refuses less than 1 %: $name', async ({ make, callers, latencyMs }) => {
    const requests: Allowance = make();
    const { served, refusedShare, now } = await load({ limits: { requests }, callers, latencyMs, minutes: 5 });
    expect(served / requests.possible(now, callers / latencyMs)).toBeGreaterThanOrEqual(0.95);
    expect(refusedShare).toBeLessThan(0.01);
  });
});
