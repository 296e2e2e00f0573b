import { expect, it, test } from 'vitest';
import { batchTuning } from '../../../src/runner/contract/request/options.ts';
import type { BatchRequest } from '../../../src/runner/contract/request/request.ts';
import { checkRequest, parseRequest } from '../../../src/runner/intake/check-request.ts';

const REQUEST: BatchRequest = { csv_uri: 'a.csv', target: { type: 'agent', name: 'x' } };

function faultsOf(further: object): string[] {
  return checkRequest({ ...REQUEST, ...further }).problems.map(({ code, message }) => `${code} ${message}`);
}

it.each([
  [{ concurrency: 0 }, 'options.concurrency: must be a whole number from 1 to 1000, not 0.'],
  [{ concurrency: 1.5 }, 'options.concurrency: must be a whole number from 1 to 1000, not 1.5.'],
  [{ max_cost_usd: 0 }, 'options.max_cost_usd: must be a number of dollars above 0, not 0.'],
  [{ max_cost_usd: Number.NaN }, 'options.max_cost_usd: must be a number of dollars above 0, not NaN.'],
  [{ tolerated_failure_percent: 101 }, 'options.tolerated_failure_percent: must be a number from 0 to 100, not 101.'],
  [{ trace_days: '9' }, 'options.trace_days: must be a number of days from 0 on, not "9".'],
  [{ mode: 'fast' }, 'options.mode: must be auto, batch, realtime or fleet, not "fast".'],
  [{ batch_jobs: 0 }, 'options.batch_jobs: must be a whole number from 1 on, not 0.'],
])('%j is refused with its place, its bounds and what was given', (options, message) => {
  expect(faultsOf({ options })).toEqual([`invalid_arguments ${message}`]);
});

test('an unknown option is refused with the nearest name', () => {
  const [fault] = faultsOf({ options: { priorty: 3 } });
  expect(fault).toMatch(/^option_not_supported options: unknown field "priorty" \(did you mean "priority"\?\)/);
  expect(faultsOf({ output_mapping: { metadata: ['_parse'] } })).toEqual([expect.stringContaining('_parse_status')]);
});

test('what is wrong is left out, and the rest can be looked at', () => {
  const options = { concurrency: 0, priority: 3, priorty: 3, oter: 1 };
  const { request, problems } = checkRequest({ ...REQUEST, options, output_mapping: { rows: 'some' } } as never);
  expect(request).toEqual({ ...REQUEST, options: { priority: 3 } });
  expect(problems).toHaveLength(3);
  expect(checkRequest({ ...REQUEST, target: {} } as never).request).toBeNull();
});

test('what the runner is given beside requests is refused with every fault', () => {
  expect(() => parseRequest(batchTuning, { concurrency: 0, priority: 11, sample: 3 })).toThrow(
    /^concurrency: must be .*\npriority: must be .*\nthe value: unknown field "sample"/,
  );
});
