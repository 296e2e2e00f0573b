import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import { createLog } from '../../src/base/log.ts';

// Starts a batch on `table.csv` of the working directory, sees to it that a runner has it, prints its id, and ends.
const config = readConfig(process.env, process.cwd());
const app = await createApp(config, createLog(config.logLevel), { driver: 'detached' });
const { report } = await app.runner.create({
  csv_uri: `${process.cwd()}/table.csv`,
  target: { type: 'agent', name: 'counter' },
});
await app.ensureDetachedRunner();
process.stdout.write(`${report.batch_id}\n`);
await app.close();
