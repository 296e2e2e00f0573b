import { expect, test } from 'vitest';
import { createEnvelope } from '../../../../src/fleet/envelope.ts';
import type { Fleet, FleetOpener } from '../../../../src/fleet/fleet.ts';
import { PLACES } from '../../../../src/fleet/places.ts';
import type { Presence } from '../../../../src/fleet/presence.ts';
import type { RunFacts } from '../../../../src/runner/execution/executor.ts';
import { createFleetExecutor } from '../../../../src/runner/execution/fleet/fleet-executor.ts';

/** By the clock of Redis, which is not that of this process. */
const NOW = 5_000_000;

/** A fleet of one worker. */
const fleetOf = (worker: Partial<Presence>): FleetOpener => {
  const envelope = createEnvelope(null);
  const presence: Presence = {
    ...{ id: 'w1', host: 'host', pid: 1, version: '1', tags: [], concurrency: 4, running: 0, rows: 0 },
    ...{ isDraining: false, unfit: [], startedAt: 0, at: NOW, beat: 0, ...worker },
  };
  const found = { w1: envelope.seal(JSON.stringify(presence), PLACES.workers) };
  const redis = { hgetallBuffer: async () => found, time: async () => [NOW / 1_000, 0], hdel: async () => 1 };
  const connections = { commands: () => redis, ready: async () => undefined };
  const fleet = { connections, envelope, version: '1' } as unknown as Fleet;
  return { open: async () => fleet, close: async () => undefined };
};

/** Whether the rows of an agent run on a fleet, and why. */
const choose = (
  agent: { executor?: 'fleet'; requires?: string[] },
  { mode, fleet = null }: { mode?: string; fleet?: FleetOpener | null } = {},
) => {
  const executor = createFleetExecutor({ realtime: {} as never, fleet, prices: null });
  const plan = { agent, request: { options: mode === undefined ? {} : { mode } } };
  return executor.choose({ plan } as unknown as RunFacts, {} as never);
};
const BROWSER = { requires: ['browser'] };

test('auto takes the fleet where an agent requires tags, and a worker has all of them', async () => {
  const fleet = fleetOf({ tags: ['browser', 'gpu'] });
  expect(await choose(BROWSER, { fleet })).toEqual({
    fits: true,
    reason: 'the agent requires browser, and workers with these tags are there',
  });
  expect(await choose({ requires: ['browser', 'gpu'] }, { fleet, mode: 'auto' })).toMatchObject({ fits: true });
  expect(await choose({ requires: ['browser', 'disk'] }, { fleet })).toEqual({
    fits: false,
    reason: 'no worker has the tags browser, disk',
  });
});

test.each([
  ['another version', { tags: ['browser'], version: '2' }],
  ['not the tag', { tags: ['gpu'] }],
  ['been killed', { tags: ['browser'], at: NOW - 11_000 }],
  ['begun to drain', { tags: ['browser'], isDraining: true }],
])('auto does not take a fleet whose worker has %s', async (_, worker) => {
  expect(await choose(BROWSER, { fleet: fleetOf(worker) })).toMatchObject({ fits: false });
});

test('auto takes no fleet for an agent that requires nothing, and none against an asked mode', async () => {
  const fleet = fleetOf({ tags: ['browser'] });
  expect(await choose({}, { fleet })).toMatchObject({ fits: false });
  expect(await choose(BROWSER, { fleet, mode: 'realtime' })).toMatchObject({ fits: false });
  expect(await choose(BROWSER)).toMatchObject({ fits: false });
});

test('the fleet is taken where it is asked for or the agent runs on it, and is a problem where there is none', async () => {
  const fleet = fleetOf({});
  expect(await choose({}, { fleet, mode: 'fleet' })).toMatchObject({ fits: true, problems: [] });
  expect(await choose({ executor: 'fleet' }, { fleet })).toMatchObject({ fits: true, problems: [] });
  expect(await choose({ executor: 'fleet' }, { fleet, mode: 'realtime' })).toMatchObject({ fits: false });
  expect(await choose({}, { mode: 'fleet' })).toMatchObject({
    fits: true,
    problems: [{ code: 'option_not_supported', message: expect.stringContaining('ROWMILL_REDIS_URL') }],
  });
});
