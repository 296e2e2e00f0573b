/**
 * `node bench/clients/rowmill.ts URL FOLDER CSV ROWS CONCURRENCY TURNS`: a whole batch, from its creation to its table:
 * validation, loading, every call and row committed to the store, aggregation.
 */
import { join } from 'node:path';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { measure } from '../measure.ts';
import { agentName, agentsPath } from '../workload.ts';

const [url = '', folder = '', csv = '', rows = '0', concurrency = '1', turns = '1'] = process.argv.slice(2);
const config = readConfig(
  {
    ANTHROPIC_API_KEY: 'bench',
    ANTHROPIC_BASE_URL: url,
    ROWMILL_AGENTS: agentsPath(),
    ROWMILL_DATA_DIR: join(folder, `data-${process.pid}`),
    ROWMILL_FILES: folder,
  },
  folder,
);
const app = await createApp(config, createLog('warn'), { driver: 'supervisor' });
// The others have loaded the SDK before they begin, too.
await import('@anthropic-ai/sdk');
await measure(Number(rows), async () => {
  const target = { type: 'agent' as const, name: agentName(Number(turns)) };
  const options = { concurrency: Number(concurrency) };
  const { report } = await app.runner.create({ csv_uri: csv, target, options });
  const { status, counts } = await app.runner.drive(report.batch_id);
  if (status !== 'completed' || counts.succeeded !== Number(rows)) {
    throw new Error(`the batch is ${status}, ${counts.succeeded} of ${rows} rows succeeded`);
  }
});
await app.close();
