import { expect, test } from 'vitest';
import { ACTIVE, type BatchEvent, CANCELLABLE, ENDED, nextBatchStatus } from '../../../src/runner/lifecycle/batch.ts';
import type { BatchStatus } from '../../../src/storage/batches.ts';

const STATUSES: BatchStatus[] = [
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

const EVENTS: BatchEvent[] = [
  { type: 'seal' },
  { type: 'begin' },
  { type: 'valid' },
  { type: 'ready' },
  { type: 'invalid' },
  { type: 'loaded' },
  { type: 'pause', reason: 'user' },
  { type: 'resume' },
  { type: 'rows-done' },
  { type: 'cancel' },
  { type: 'aggregated', ending: 'failed' },
  { type: 'redrive' },
];

/** The life of a batch as DESIGN has it; what is not here must not happen. */
const LIFE: { [step: string]: BatchStatus } = {
  'collecting seal': 'created',
  'collecting cancel': 'cancelled',
  'created begin': 'validating',
  'created pause': 'paused',
  'created cancel': 'cancelled',
  'validating begin': 'validating',
  'validating valid': 'loading',
  'validating ready': 'running',
  'validating invalid': 'failed',
  'validating pause': 'paused',
  'validating cancel': 'cancelled',
  'loading begin': 'validating',
  'loading loaded': 'running',
  'loading invalid': 'failed',
  'loading pause': 'paused',
  'loading cancel': 'cancelled',
  'running pause': 'paused',
  'running rows-done': 'aggregating',
  'running cancel': 'aggregating',
  'paused resume': 'running',
  'paused begin': 'validating',
  'paused cancel': 'aggregating',
  'aggregating aggregated': 'failed',
  'aggregating pause': 'paused',
  'completed redrive': 'running',
  'failed redrive': 'running',
  'cancelled redrive': 'running',
};

const steps = STATUSES.flatMap((status) => EVENTS.map((event) => [status, event.type, event] as const));

test.each(steps)('%s on %s', (status, type, event) => {
  const next = LIFE[`${status} ${type}`];
  if (next !== undefined) expect(nextBatchStatus(status, event)).toBe(next);
  else expect(() => nextBatchStatus(status, event)).toThrow(expect.objectContaining({ code: 'batch_state_invalid' }));
});

test('aggregating ends as it is told', () => {
  expect(nextBatchStatus('aggregating', { type: 'aggregated', ending: 'completed' })).toBe('completed');
  expect(nextBatchStatus('aggregating', { type: 'aggregated', ending: 'cancelled' })).toBe('cancelled');
});

test('every status is collecting, active, paused or ended; what can be cancelled is neither ended nor writing its table', () => {
  expect(['collecting', ...ACTIVE, 'paused', ...ENDED].toSorted()).toEqual(STATUSES.toSorted());
  const open = STATUSES.filter((status) => status !== 'aggregating' && !ENDED.includes(status));
  expect(CANCELLABLE.toSorted()).toEqual(open.toSorted());
});
