import { join } from 'node:path';
import { openAgent } from '../agent/open-agent.ts';
import { openTools } from '../agent/tools/open-tools.ts';
import { systemClock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { newId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import { packageVersion } from '../base/process/package-version.ts';
import type { WorkerFace } from '../cli/command-context.ts';
import { createFleetOpener } from '../fleet/fleet.ts';
import { createProviders } from '../providers/open-providers.ts';
import type { PriceOverrides } from '../providers/prices/model-prices.ts';
import { createPriceTable } from '../providers/prices/prices.ts';
import { createTables } from '../tables/tables.ts';
import { openKeptAnswers } from '../worker/kept-answers.ts';
import { runWorker } from '../worker/start-worker.ts';
import type { Config } from './config.ts';
import { openFiledAgents } from './open-registry.ts';
import { mediaLocations } from './open-storage.ts';

/**
 * Puts the parts of a worker together and runs it until it is drained. It opens no store.
 * @throws AppError `config_invalid`
 */
export async function openWorker(config: Config, log: Log, options: WorkerFace): Promise<void> {
  if (config.fleet === null) {
    const fix = 'Set it to the Redis of the fleet, such as redis://127.0.0.1:6379.';
    throw new AppError(
      'config_invalid',
      `A worker takes its rows from Redis, and ROWMILL_REDIS_URL is not set. ${fix}`,
    );
  }
  const opener = createFleetOpener(config.fleet, { version: packageVersion(), log });
  const providers = createProviders({ ...config.providers, log });
  const registry = await openFiledAgents(config, log);
  const tables = createTables({ roots: config.fileRoots, locations: mediaLocations(config), log });
  const id = newId('wrk');
  const { tags, concurrency, health, signal: drain, hardSignal: hard } = options;
  const fleet = await opener.open();
  const kept = openKeptAnswers(join(config.dataDir, 'worker'), { envelope: fleet.envelope, log });
  const parts = {
    kept,
    openAgent: async (
      ...[definition, toolSpecs, signal]: Parameters<Parameters<typeof runWorker>[1]['parts']['openAgent']>
    ) =>
      openAgent({
        definition,
        toolSet: await openTools(definition, { env: config.env, log, signal }),
        log,
        ...(toolSpecs === null ? {} : { toolSpecs }),
      }),
    provider: providers.get,
    priceTable: (own: object | null) => createPriceTable(own === null ? {} : { overrides: own as PriceOverrides }),
    tables,
    ownAgent: async (name: string, version: string) => registry.find(name, version),
    clock: systemClock,
    log,
  };
  try {
    await runWorker(
      { id, tags, concurrency, drain, hard, health, onReady: (url) => options.onReady({ id, health: url }) },
      { fleet, settings: config.fleet, parts },
    );
  } finally {
    await opener.close();
    await providers.close();
    await tables.close();
  }
}
