import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceReport } from '../../src/runner/contract/service/service-report.ts';
import { AGENT, type Rig, runToEnd, startRig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

describe('monitor_batch_execution', () => {
  it('reports failures by code with an example, tokens and cost', async () => {
    const id = await runToEnd(rig);
    const report = await rig.call('monitor_batch_execution', { batch_id: id });
    expect(report).toMatchObject({
      status: 'completed',
      counts: { total: 3, succeeded: 2, failed: 1 },
      failures: [{ count: 1, example: { row: 2 } }],
      tokens: { input: expect.any(Number), output: expect.any(Number) },
      results_resource: `rowmill://batches/${id}/results.csv`,
    });
    expect((await stat(String(report['output_uri']))).size).toBeGreaterThan(0);
  });

  it('reports savings, costs and alerts, which sum to the bills', async () => {
    const id = await runToEnd(rig);
    const { cost_usd: cost } = await rig.call('monitor_batch_execution', { batch_id: id });
    const { report } = await rig.call('monitor_batch_execution', { subject: 'report' });
    const batches = (report as unknown as ServiceReport).batches;
    expect(batches.find(({ name }) => name === id)?.cost_usd).toBe(cost);
    const { savings, summary } = await rig.call('monitor_batch_execution', { subject: 'savings', from: '2026-01-01' });
    expect(savings).toMatchObject({ by: 'agent', totals: { saved_usd: 0 } });
    expect(summary).toMatch(/^\$[\d.]+ spent and \$0 saved/);
    expect(await rig.call('monitor_batch_execution', { subject: 'alerts' })).toMatchObject({
      ...{ alerts: [], summary: 'Nothing is wrong.', finished: true },
    });
  });

  it('waits no longer than asked for, and progress only grows', async () => {
    const quiet = await startRig({ drive: false });
    try {
      const { batch_id } = await quiet.call('execute_batch_processor', {
        csv_uri: quiet.table,
        target: AGENT,
      });
      const seen: number[] = [];
      const begun = Date.now();
      const report = await quiet.call(
        'monitor_batch_execution',
        { batch_id: batch_id ?? '', wait_seconds: 1 },
        { onProgress: ({ done }) => seen.push(done) },
      );
      expect(report).toMatchObject({ finished: false, status: 'created' });
      expect(Date.now() - begun).toBeGreaterThan(900);
      expect(Date.now() - begun).toBeLessThan(5000);
      expect(seen).toEqual([0]);
      const stop = new AbortController();
      await quiet.call(
        'monitor_batch_execution',
        { batch_id: batch_id ?? '', wait_seconds: 45 },
        { signal: stop.signal, onProgress: () => stop.abort() },
      );
      expect(Date.now() - begun).toBeLessThan(8000);
      expect((await quiet.runner.report(String(batch_id))).status).toBe('created');
    } finally {
      await quiet.close();
    }
  });

  it('refuses to wait longer than clients do', async () => {
    const error = await rig.fail('monitor_batch_execution', { batch_id: 'bat_1', wait_seconds: 46 });
    expect(error.message).toContain('at most 45');
  });
});
