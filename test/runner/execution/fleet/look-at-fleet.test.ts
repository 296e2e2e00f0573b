import { afterEach, expect, test } from 'vitest';
import { createSilentLog } from '../../../../src/base/log.ts';
import { createEnvelope } from '../../../../src/fleet/envelope.ts';
import type { Fleet } from '../../../../src/fleet/fleet.ts';
import { PLACES } from '../../../../src/fleet/places.ts';
import type { Presence } from '../../../../src/fleet/presence.ts';
import { type FleetLooks, lookAtFleet } from '../../../../src/runner/execution/fleet/look-at-fleet.ts';
import { createRunTable } from '../../../../src/runner/execution/fleet/run-table.ts';
import { createWorkerWatch } from '../../../../src/runner/execution/fleet/watch-workers.ts';

let looks: FleetLooks | undefined;
afterEach(() => looks?.close());

const WORKER: Presence = {
  ...{ id: 'w1', host: 'host', pid: 1, version: '1', tags: [], concurrency: 4, running: 0, rows: 0 },
  ...{ isDraining: false, unfit: [], startedAt: 0, at: 0, beat: 0 },
};

/** Looks at a fleet of one worker. Returns what was sent to its stream. */
const look = async (epoch: number) => {
  const envelope = createEnvelope(null);
  const sent: unknown[] = [];
  const found = { [WORKER.id]: envelope.seal(JSON.stringify(WORKER), PLACES.workers) };
  const redis = { hgetallBuffer: async () => found, time: async () => [0, 0], hset: async () => 1 };
  looks = await lookAtFleet({
    fleet: { connections: { commands: () => redis }, envelope, version: '1' } as unknown as Fleet,
    fence: { batchId: 'bat_1', epoch },
    tags: [],
    watch: createWorkerWatch({ version: '1', tags: [] }),
    sender: { send: (stream, message) => void sent.push([stream, message]) },
    runs: createRunTable(),
    rows: { release: () => undefined },
    dispatch: { reconcile: async () => undefined, size: () => 10 },
    now: () => 0,
    log: createSilentLog(),
  });
  return sent;
};

test('the workers are told of a lease that follows another one, and of no first lease', async () => {
  expect(await look(1)).toEqual([]);
  looks?.close();
  expect(await look(2)).toEqual([[PLACES.worker('w1'), { batchId: 'bat_1', epoch: 2, body: { kind: 'lease' } }]]);
});

test('as many rows are in progress as the chunks of all slots have, and of some that wait', async () => {
  await look(1);
  // 4 slots and a quarter more, and one for each worker.
  expect(looks?.concurrency()).toBe((5 + 1) * 10);
});
