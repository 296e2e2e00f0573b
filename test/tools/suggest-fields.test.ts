import { expect, it } from 'vitest';
import type { TriedRun } from '../../src/runner/contract/report/tried-run.ts';
import { suggestFields } from '../../src/tools/suggest-fields.ts';
import { testAgent } from '../runner/world.ts';

const TRIED: TriedRun = {
  ...{ run_id: 'run_1', agent: 'schema-suggester@v1', model: 'm', stand_in: null, input: null, status: 'failed' },
  ...{ output: null, text: null, error: null, cost_usd: null, entries: [] },
};

it('fails with the code of the run that failed', async () => {
  const error = { code: 'model_key_refused', message: 'a key is missing' };
  const found = suggestFields({ prompt: 'What?', columns: [] }, testAgent(), async () => ({ ...TRIED, error }));
  await expect(found).rejects.toMatchObject({ code: 'model_key_refused', message: expect.stringContaining('a key') });
});

it('fails with output_invalid where the suggested fields can not be used', async () => {
  const output = { fields: [{ name: '1', type: 'string' }] };
  const tried: TriedRun = { ...TRIED, status: 'succeeded', output };
  const found = suggestFields({ prompt: 'What?', columns: [] }, testAgent(), async () => tried);
  await expect(found).rejects.toMatchObject({ code: 'output_invalid' });
});
