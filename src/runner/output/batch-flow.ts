import { isoTime } from '../../base/clock.ts';
import type { BatchRecord, BatchStateChange, BatchStatus } from '../../storage/batches.ts';
import type { BatchFlow } from '../contract/report/flow.ts';
import type { RunnerDeps } from '../deps.ts';
import { ENDED } from '../lifecycle/batch.ts';

/** The states in the order of a life; the first is entered only by batches whose rows are appended. */
const STATES: readonly BatchStatus[] = [
  'collecting',
  'created',
  'validating',
  'loading',
  'running',
  'paused',
  'aggregating',
  'completed',
  'failed',
  'cancelled',
];

type Entered = Pick<BatchStateChange, 'number' | 'at' | 'status' | 'pauseReason'> & {
  counts: BatchFlow['changes'][number]['counts'];
};

/** The way of a batch through its states. What was not recorded is taken from the times of the batch. */
export async function batchFlow(batch: BatchRecord, { store, clock }: RunnerDeps): Promise<BatchFlow> {
  const stored = (await store.readStateChanges(batch.id)).map(
    ({ queued, running, succeeded, failed, ...change }): Entered => ({
      ...change,
      counts: { queued, running, succeeded, failed },
    }),
  );
  const complete = stored[0]?.status === 'created' || stored[0]?.status === 'collecting';
  const entered = complete ? stored : [...knownBefore(batch, stored[0]?.at), ...stored];
  const changes = entered.map(({ number, at, status, pauseReason, counts }, index) => {
    const next = entered[index + 1]?.at;
    const seconds = next === undefined ? null : Math.max(0, next - at) / 1000;
    return { number, at: isoTime(at), state: status, pause_reason: pauseReason, counts, seconds };
  });
  const last = entered.at(-1);
  const isOver = ENDED.includes(batch.status);
  const sinceLast = last === undefined || isOver ? 0 : Math.max(0, clock.now() - last.at) / 1000;
  return {
    batch_id: batch.id,
    state: batch.status,
    complete,
    states: STATES.map((state) => {
      const visits = changes.filter((change) => change.state === state);
      const lasted = visits.reduce((sum, { seconds }) => sum + (seconds ?? sinceLast), 0);
      return { state, visits: visits.length, seconds: lasted, is_current: state === batch.status };
    }),
    changes,
  };
}

/** What the record of a batch says about the time before its first recorded change. */
function knownBefore(
  { createdAt, startedAt, endedAt, status, pauseReason }: BatchRecord,
  until = Number.POSITIVE_INFINITY,
): Entered[] {
  const known: [number | null, BatchStatus][] = [
    [createdAt, 'created'],
    [startedAt, 'running'],
    ...(ENDED.includes(status) ? [[endedAt, status] satisfies [number | null, BatchStatus]] : []),
  ];
  const entered = known.flatMap(([at, state]) =>
    at === null || at >= until ? [] : [{ number: 0, at, status: state, pauseReason: null, counts: null }],
  );
  if (status !== 'paused' || until !== Number.POSITIVE_INFINITY) return entered;
  const at = entered.at(-1)?.at ?? createdAt;
  return [...entered, { number: 0, at, status, pauseReason, counts: null }];
}
