import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Report } from './rowmill-process.ts';
import { createTwoTurnSite, expectedTable, tableOf } from './two-turn-site.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/rowmill.js', import.meta.url));
const ROWS = 400;
/** More connections at once than the process may have files open. */
const CONCURRENCY = 100;

test('with 64 open files a batch ends whole, or stops with the cause and is whole when it is resumed', async () => {
  const site = await createTwoTurnSite({ rows: ROWS, latencyMs: [200, 400], seed: 3 });
  try {
    const run = ['run', 'table.csv', '--agent', 'counter', '--out', 'out.csv', '--concurrency', String(CONCURRENCY)];
    const limited = ['-c', 'ulimit -n 64 && exec "$@"', 'sh', process.execPath, LAUNCHER, ...run, '--json'];
    const { stdout, stderr } = await promisify(execFile)('sh', limited, { cwd: site.folder, env: site.env }).catch(
      (thrown: { stdout: string; stderr: string }) => thrown,
    );
    if (stdout === '') throw new Error(`It printed no document: ${stderr}`);
    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({ counts: { total: ROWS, succeeded: ROWS } });
    if (report.status !== 'completed') {
      const message = expect.stringContaining('ulimit -n');
      expect(report).toMatchObject({ status: 'paused', pause_reason: 'fatal', error: { message } });
      expect(await site.json('batches', 'resume', report.batch_id)).toMatchObject({ status: 'completed' });
    }
    expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(site.words));
    // A call without a connection was not sent, and nothing was paid twice.
    expect(site.modelCalls).toHaveLength(2 * ROWS);
  } finally {
    await site.close();
  }
}, 120_000);
