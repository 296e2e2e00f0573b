import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { batchStatistics } from '../../src/runner/contract/report/statistics.ts';
import { NEEDS_MONGO, testMongoUri } from '../support/mongodb.ts';
import { createMongoSite, type MongoSite } from './mongo-site.ts';

/** Gives no answer to a query that is "bad". */
const SCRIPT = `rules:
  - when: input.query = "bad"
    reply: { text: I will not. }
  - reply: { tool_calls: [{ name: return_structured_data, input: { intent: refund } }] }
`;

/** The recipes of docs/mongodb.md. */
describe.skipIf(testMongoUri === undefined)(`recipes for a collection ${NEEDS_MONGO}`, () => {
  let site: MongoSite;
  afterEach(() => site.close());
  const processed = async () => (await site.documents()).filter((document) => document['processed'] === true);

  it('take the urgent documents first, a part of them, and at most so many', async () => {
    site = await createMongoSite({ rows: 0 });
    const received_at = new Date('2026-11-02T10:00:00Z');
    for (const priority of [4, 1, 3]) await site.add(4, { priority, channel: 'phone', received_at });
    await site.add(4, { priority: 1, channel: 'chat', received_at });
    await site.add(4, { priority: 1, channel: 'phone', received_at: new Date('2025-01-01T00:00:00Z') });
    const filter = '{"channel": "phone", "received_at": {"$gte": {"$date": "2026-11-01T00:00:00Z"}}}';
    const report = await site.run('--filter', filter, '--sort', '{"priority": 1}', '--limit', '6');
    expect(report.counts).toMatchObject({ total: 6, succeeded: 6 });
    const done = await processed();
    expect(done.map(({ priority }) => priority).sort()).toEqual([1, 1, 1, 1, 3, 3]);
    expect(done.filter(({ channel }) => channel !== 'phone')).toEqual([]);
    expect(await site.run('--filter', '{"channel": "chat"}')).toMatchObject({ counts: { succeeded: 4 } });
  }, 300_000);

  it('run failed documents again, and leave them after as many claims as are allowed', async () => {
    site = await createMongoSite({ rows: 2, script: SCRIPT });
    await site.add(1, { query: 'bad' });
    const args = ['--max-attempts', '2'];
    expect((await site.run(...args)).counts).toMatchObject({ succeeded: 2, failed: 1 });
    expect(await processed()).toHaveLength(2);
    expect((await site.run(...args)).counts).toMatchObject({ total: 1, failed: 1 });
    const [left] = (await site.documents()).filter(({ query }) => query === 'bad');
    expect(left).toMatchObject({ processing_attempts: 2 });
    const plan = await site.run(...args, '--dry-run');
    expect(JSON.stringify(plan['warnings'])).toContain('1 document was claimed 2 times or more without success');
    expect(await site.run(...args)).toMatchObject({ error: { code: 'no_rows' } });
    expect((await site.documents()).filter(({ processing_attempts: claims }) => claims > 2)).toEqual([]);
    await site.write('script.yaml', SCRIPT.replace('"bad"', '"none"'));
    expect((await site.run('--max-attempts', '3')).counts).toMatchObject({ succeeded: 1 });
    expect(await site.results()).toHaveLength(3);
  }, 300_000);

  it('write the figures of the old processor, with its batch size and its concurrency', async () => {
    site = await createMongoSite({ rows: 12, script: SCRIPT });
    await site.add(1, { query: 'bad' });
    const file = join(site.folder, 'stats.json');
    await site.run('--batch-size', '10', '--concurrency', '5', '--stats', file);
    const figures = batchStatistics.parse(JSON.parse(await readFile(file, 'utf8')));
    expect(figures).toMatchObject({
      source_uri: site.source,
      output_uri: site.target,
      rows: { total: 13, processed: 13, succeeded: 12, failed: 1, skipped: 0 },
    });
    expect(figures.tokens.input).toBeGreaterThan(0);
    expect(figures.seconds).toBeGreaterThan(0);
  }, 300_000);

  it('set the answer in a field of the document itself', async () => {
    site = await createMongoSite({ rows: 3 });
    const report = await site.json('run', site.source, '--agent', 'sorter', '--out', `${site.source}#classification`);
    expect(report.counts).toMatchObject({ succeeded: 3 });
    expect((await processed()).map(({ classification }) => classification)).toEqual([
      { intent: 'refund' },
      { intent: 'refund' },
      { intent: 'refund' },
    ]);
    expect(await site.results()).toEqual([]);
  }, 300_000);

  it('keep the first result of two documents with one query_id, and name both', async () => {
    site = await createMongoSite({ rows: 0 });
    await site.add(2, { query_id: 'q-1' });
    const report = await site.run('--concurrency', '1');
    expect(report.counts).toMatchObject({ succeeded: 1, failed: 1 });
    expect(JSON.stringify(report['failures'])).toContain('output_failed');
    expect(JSON.stringify(report['failures'])).toContain('query_id');
    expect(await processed()).toHaveLength(1);
    expect((await site.results()).map(({ query_id: id }) => id)).toEqual(['q-1']);
  }, 300_000);
});
