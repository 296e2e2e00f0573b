import { afterEach, describe, expect, it } from 'vitest';
import { batchStatistics } from '../../../../src/runner/contract/report/statistics.ts';
import { CALL_USD, say, startWorld, type World } from '../../world.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    mood: { type: 'string', enum: ['good', 'bad', 'mixed'] },
    urgent: { type: ['boolean', 'null'] },
    about: { type: 'object', properties: { topic: { enum: ['a', 'b'] }, note: { type: 'string' } } },
    tags: { type: 'array', items: { type: 'string', enum: ['x', 'y'] } },
    text: { type: 'string' },
  },
  required: ['mood'],
};

let world: World;
afterEach(() => world.close());

/** A batch of these rows, driven to its end. */
async function statisticsOf(rows: string, stop = Number.POSITIVE_INFINITY) {
  const signal = new AbortController();
  world = await startWorld({
    agent: { structured_output: { enabled: true, schema: SCHEMA } },
    respond: ({ q }, { number }) => {
      if (number + 1 >= stop) signal.abort();
      if (q === 'broken') return say({ mood: 'sad' });
      const topic = q === 'good' ? 'a' : 'b';
      return say({ mood: String(q), urgent: q === 'bad', about: { topic, note: 'n' }, tags: ['x', 'x'], text: 't' });
    },
  });
  await world.write('table.csv', `q\n${rows}\n`);
  const { report } = await world.runner.create(world.request({ concurrency: 1 }));
  await world.runner.drive(report.batch_id, { signal: signal.signal });
  return world.runner.statistics(report.batch_id);
}

describe('the statistics of a batch', () => {
  it('count rows, times, tokens, cost and the values of fields that are lists', async () => {
    const found = await statisticsOf('good\nbad\nbad');
    expect(batchStatistics.parse(found)).toEqual(found);
    expect(found).toMatchObject({
      status: 'completed',
      rows: { total: 3, processed: 3, succeeded: 3, failed: 0, skipped: 0 },
      failures: [],
      calls: { model: 3, tool: 0, cached: 0 },
      tokens: { input: 300, output: 60, cache_write: 0, cache_read: 0 },
      answers: {
        mood: { good: 1, bad: 2, mixed: 0 },
        urgent: { true: 2, false: 1 },
        'about.topic': { a: 1, b: 2 },
        tags: { x: 3, y: 0 },
      },
    });
    expect(Object.keys(found.answers)).toEqual(['mood', 'urgent', 'about.topic', 'tags']);
    expect(found.cost_usd).toBeCloseTo(3 * CALL_USD, 10);
    const { p50, p95, max } = found.row_seconds;
    expect(p50).not.toBeNull();
    expect(Number(p95)).toBeLessThanOrEqual(Number(max));
    expect(found.rows_per_second).toBeGreaterThan(0);
  });

  it('count failed rows by code, and no value of theirs', async () => {
    const found = await statisticsOf('good\nbroken');
    expect(found.rows).toMatchObject({ processed: 2, succeeded: 1, failed: 1 });
    expect(found.failures).toEqual([{ code: 'output_invalid', count: 1 }]);
    expect(found.answers['mood']).toEqual({ good: 1, bad: 0, mixed: 0 });
  });

  it('call the rows that did not run skipped', async () => {
    const { status, rows } = await statisticsOf('good\ngood\ngood\ngood\ngood\ngood\ngood\ngood', 2);
    expect(status).toBe('paused');
    expect(rows.total).toBe(8);
    expect(rows.processed).toBeLessThan(8);
    expect(rows.skipped).toBe(8 - rows.processed);
  });
});
