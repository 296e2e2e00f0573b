import { expect, test } from 'vitest';
import { storedPlan } from '../../../../src/runner/contract/report/stored-plan.ts';

test('a plan that was stored before callers and names were kept parses', () => {
  // As a batch of 75d472b has it, with values that the contract of today would refuse.
  const old = {
    request: { csv_uri: '/a.csv', target: { type: 'agent', name: 'x' }, options: { idempotency_key: 'k'.repeat(300) } },
    fileRoots: ['/'],
    agent: { name: 'x', version: 'v1' },
    toolSpecs: null,
    inputMapping: { q: 'Q' },
    outputUri: '/out.csv',
    estimate: null,
    warnings: [],
    standIn: null,
  };
  expect(storedPlan.parse(old)).toEqual({ ...old, createdBy: null });
});
