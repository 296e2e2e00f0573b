import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import type { ToCoordinator } from '../../src/runner/execution/fleet/messages.ts';
import { createSlots } from '../../src/worker/slots.ts';
import { createWorkerBatches } from '../../src/worker/worker-batches.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const BATCH = { batchId: 'bat_1', epoch: 1 };

test('a batch that begins again after it was forgotten uses no number of a request again', async () => {
  const sent: ToCoordinator[] = [];
  const batches = createWorkerBatches(
    {
      ...{ worker: 'w1', slots: createSlots(1), hard: new AbortController().signal },
      sender: { send: (_, message) => void sent.push(message as ToCoordinator) },
      parts: { clock: { now: Date.now, monotonic: Date.now }, log: createSilentLog() } as never,
    },
    new AbortController().signal,
  );
  const ask = async () => {
    const { session } = batches.of(BATCH);
    const asked = session.request({ kind: 'begin', chunk: 'chk_1' });
    const id = sent.at(-1)?.id ?? 0;
    session.receive({ ...BATCH, body: { kind: 'reply', id, value: { tasks: [] } } });
    await asked;
    return { id, floor: sent.at(-1)?.floor };
  };
  const first = await ask();
  vi.advanceTimersByTime(180_000);
  expect(batches.get('bat_1')).toBeUndefined();
  // To its coordinator it is still the same worker, of which each number counts once.
  expect(await ask()).toEqual({ id: first.id + 1, floor: first.id + 1 });
  await batches.close();
});
