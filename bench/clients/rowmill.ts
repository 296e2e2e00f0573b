import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import { boundHeap } from '../../src/app/heap.ts';
import { watch } from '../../src/app/watchdog.ts';
import { createLog } from '../../src/base/log.ts';
import { measure, tell } from '../measure.ts';
import { agentName } from '../workload.ts';

/**
 * Measures a whole batch, from its creation to its table: validation, loading, every call and row committed to the store,
 * aggregation. The bench builds it in the place of the program (`runRowmill`), so that the launcher starts it and the
 * code is the one that is installed.
 * @param argv Node, the launcher, `run`, then AGENTS URL FOLDER CSV ROWS CONCURRENCY TURNS [export]; with `export`, the
 *   finished table is written once more. CSV may be the URI of a collection, whose results go into another one.
 */
export async function main(argv: string[]): Promise<number> {
  const [agents = '', url = '', folder = '', csv = '', rows = '0', concurrency = '1', turns = '1', withExport] =
    argv.slice(3);
  const config = readConfig(
    {
      ANTHROPIC_API_KEY: 'bench',
      ANTHROPIC_BASE_URL: url,
      ROWMILL_AGENTS: agents,
      ROWMILL_DATA_DIR: join(folder, `data-${process.pid}`),
      ROWMILL_FILES: folder,
      ROWMILL_MONGODB_URI: process.env['ROWMILL_TEST_MONGODB_URI'],
    },
    folder,
  );
  boundHeap();
  const log = createLog('warn');
  watch(config.watchdogSeconds, { now: true, log });
  const app = await createApp(config, log, { driver: 'supervisor' });
  // The other clients also load the SDK and read the agent before the measurement starts.
  await import('@anthropic-ai/sdk');
  await app.registry.find(agentName(Number(turns)));
  let batchId = '';
  let atWorkSeconds = 0;
  const measured = await measure(Number(rows), async () => {
    const target = { type: 'agent' as const, name: agentName(Number(turns)) };
    const options = { concurrency: Number(concurrency), mode: 'realtime' as const };
    const output = csv.startsWith('mongodb') ? { output_uri: `${csv}_results` } : {};
    const { report } = await app.runner.create({ csv_uri: csv, target, options, ...output });
    batchId = report.batch_id;
    const { status, counts, failures, rows_per_second: rowsPerSecond } = await app.runner.drive(batchId);
    atWorkSeconds = Number(rows) / (rowsPerSecond ?? 0);
    if (status !== 'completed' || counts.succeeded !== Number(rows)) {
      const why = JSON.stringify(failures);
      throw new Error(`the batch is ${status}, ${counts.succeeded} of ${rows} rows succeeded: ${why}`);
    }
  });
  measured['atWorkSeconds'] = atWorkSeconds;
  if (withExport === 'export') {
    const began = performance.now();
    await app.runner.exportTable(batchId, join(folder, `export-${process.pid}.csv`), { overwrite: true });
    measured['exportSeconds'] = (performance.now() - began) / 1000;
    measured['peakAfterExport'] = Math.round(process.resourceUsage().maxRSS / 1024);
  }
  await app.close();
  // Closed first, so that the file includes its write-ahead log.
  measured['databaseMegabytes'] = Math.round(statSync(join(config.dataDir, 'rowmill.db')).size / 1e6);
  await rm(config.dataDir, { recursive: true });
  tell(measured);
  return 0;
}
