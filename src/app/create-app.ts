import { randomBytes } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConversationAgent } from '../agent/conversation/conversation-parts.ts';
import { createConversations } from '../agent/conversation/conversations.ts';
import { type AgentDefinition, agentLabel, callTimeoutMs } from '../agent/definition.ts';
import { openAgent } from '../agent/open-agent.ts';
import { checkTools, openTools } from '../agent/tools/open-tools.ts';
import { systemClock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { requireSdk } from '../base/require-sdk.ts';
import type { App } from '../cli/app.ts';
import { createLanes, type LaneMember, type Lanes } from '../providers/lanes/lane.ts';
import { createProviders, type Providers } from '../providers/open-providers.ts';
import { readPriceFile } from '../providers/prices/price-file.ts';
import { createPriceTable, type PriceTable } from '../providers/prices/prices.ts';
import { createGivenRegistry } from '../registry/given-registry.ts';
import { layerRegistries, type Registry, resolveAgent } from '../registry/registry.ts';
import { createYamlRegistry } from '../registry/yaml-registry.ts';
import { createRunner } from '../runner/create-runner.ts';
import { supervise } from '../runner/lifecycle/supervise.ts';
import { createBudget } from '../runner/rows/budget.ts';
import { createRunCalls } from '../runner/rows/run-journal.ts';
import { currentOwner, isOwnerAlive } from '../storage/lease-owner.ts';
import type { LeaseOwner } from '../storage/leases.ts';
import { openSqliteStore } from '../storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../storage/store.ts';
import { createByteLocations } from '../tables/locations/byte-locations.ts';
import { createFileStore } from '../tables/locations/file-locations.ts';
import type { Location } from '../tables/locations/location.ts';
import type { LocationKind } from '../tables/locations/location-kind.ts';
import { createS3Store } from '../tables/locations/s3-locations.ts';
import type { Tables } from '../tables/table.ts';
import { createTables } from '../tables/tables.ts';
import type { OrchestratorTool } from '../tools/orchestrator-tool.ts';
import { createOrchestratorTools } from '../tools/orchestrator-tools.ts';
import type { Config } from './config.ts';
import { createConfirmations } from './confirmations.ts';
import { readDataKey } from './data-key.ts';
import { createDetachedRunner } from './detached-runner.ts';

/** The agent that people talk to. */
const ORCHESTRATOR = 'orchestrator';
const SHIPPED_AGENTS = fileURLToPath(new URL('../../agents.yaml', import.meta.url));

/** Who drives batches that are started by talking: this process, or a detached one that outlives it. */
export type Driver = 'supervisor' | 'detached';

/** What the process that makes an app decides about it. */
export interface AppChoices {
  driver: Driver;
  /** Instead of those that the environment names. */
  agents?: readonly AgentDefinition[] | undefined;
}

/** Puts the parts together; with `main.ts`, the only place that chooses implementations. */
export async function createApp(config: Config, log: Log, options: AppChoices): Promise<App> {
  const resultsDir = prepareFolders(config);
  const owner = currentOwner();
  const { store, tables } = await openStorage(config, { log, resultsDir });
  const registry = await openRegistry(config, log, options.agents);
  const prices = createPriceTable(config.pricesPath === null ? {} : { overrides: readPriceFile(config.pricesPath) });
  const providers = createProviders({ ...config.providers, log });
  const lanes = createLanes({ clock: systemClock, log });
  const talkLane = createTalkLanes(lanes);
  const openTarget = (definition: AgentDefinition, signal: AbortSignal) =>
    openTools(definition, { env: config.env, log, signal });
  const runner = createRunner({
    store,
    tables,
    findAgent: (name, version) => resolveAgent(registry, version === undefined ? name : `${name}@${version}`),
    openAgent: async (definition, toolSpecs, signal) =>
      openAgent({
        definition,
        toolSet: await openTarget(definition, signal),
        log,
        ...(toolSpecs === null ? {} : { toolSpecs }),
      }),
    checkTools: async (definition) => checkTools(definition, { env: config.env, log }),
    provider: providers.get,
    batchApi: providers.batch,
    batchPollMs: config.batchPollMs,
    lanes,
    prices,
    owner,
    clock: systemClock,
    random: Math.random,
    newId,
    log,
    resultsDir,
  });
  const detached = createDetachedRunner({ runner, config, log });
  const tools = createOrchestratorTools({
    runner,
    registry,
    tables,
    onBatchReady: async () => {
      if (options.driver === 'detached') await detached.ensure();
    },
    now: systemClock.now,
    sleep: systemClock.sleep,
    confirmAboveUsd: config.confirmAboveUsd,
    confirmations: createConfirmations({ key: () => readDataKey(config.dataDir), now: systemClock.now }),
  });
  const conversations = createConversations({
    store,
    open: (label) => openOrchestrator(label, { registry, tools, providers, talkLane, store, prices, log }),
    readRun: (run) => readRun(run, store),
    owner: Buffer.from(JSON.stringify(owner)).toString('base64url'),
    isAlive: (text) => isOwnerAlive(JSON.parse(Buffer.from(text, 'base64url').toString()) as LeaseOwner),
    newId: () => newId('conv'),
    now: systemClock.now,
    log,
  });
  return {
    config,
    log,
    runner,
    registry,
    tools,
    conversations,
    supervise: (limits) => supervise({ runner, clock: systemClock, log, ...limits }),
    ensureDetachedRunner: detached.ensure,
    close: once(async () => {
      detached.close();
      await providers.close();
      await tables.close();
      await store.close();
    }),
  };
}

/** The store and the tables, with a failpoint in them where a test has armed one. */
async function openStorage(
  config: Config,
  { log, resultsDir }: { log: Log; resultsDir: string },
): Promise<{ store: Store; tables: Tables }> {
  const storeOptions = { path: join(config.dataDir, 'rowmill.db'), now: systemClock.now, log };
  const roots = [...config.fileRoots, resultsDir];
  if (config.failpoint === null) {
    return {
      store: await openSqliteStore(storeOptions),
      tables: createTables({ roots, locations: locationKinds(config), log }),
    };
  }
  const { armFailpoint, failingLocation, failingStore, failingTables } = await import('./failpoints.ts');
  const reach = armFailpoint(config.failpoint);
  const store = await openSqliteStore({ ...storeOptions, onMigration: () => reach('migrating') });
  const locations = locationKinds(config, (location) => failingLocation(location, reach));
  const tables = createTables({ roots, locations, log });
  return { store: failingStore(store, reach), tables: failingTables(tables, reach) };
}

/** The places that tables are read from and written to; `around` is put around every file and object. */
function locationKinds(config: Config, around?: (location: Location) => Location): LocationKind[] {
  return [createFileStore(), createS3Store(() => openS3(config))].map((store) => createByteLocations(store, around));
}

function prepareFolders({ dataDir }: Config): string {
  const results = join(dataDir, 'results');
  try {
    mkdirSync(results, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const fix = 'Set ROWMILL_DATA_DIR to a folder that can be written.';
    throw new AppError('config_invalid', `The data directory ${dataDir} can't be made: ${reason}. ${fix}`, { cause });
  }
  return realpathSync(results);
}

async function openS3(config: Config) {
  const { createS3Client } = await import('../tables/locations/s3-client.ts');
  const { region, s3Endpoint } = config.aws;
  return createS3Client({ region, ...(s3Endpoint === undefined ? {} : { endpoint: s3Endpoint }) });
}

async function openRegistry(config: Config, log: Log, given: AppChoices['agents']): Promise<Registry> {
  if (given !== undefined) return createGivenRegistry(given, 'this command');
  const shipped = createYamlRegistry(SHIPPED_AGENTS);
  if (config.agents === null) return shipped;
  if (config.agents.kind === 'file') {
    return layerRegistries([createYamlRegistry(config.agents.path), shipped]);
  }
  requireSdk('an agent registry in DynamoDB', ['@aws-sdk/client-dynamodb', '@aws-sdk/util-dynamodb']);
  const { createDynamoRegistry } = await import('../registry/dynamo-registry.ts');
  const { region, dynamoEndpoint: endpoint } = config.aws;
  return layerRegistries([createDynamoRegistry({ table: config.agents.table, region, endpoint, log }), shipped]);
}

interface OrchestratorParts {
  registry: Registry;
  tools: OrchestratorTool[];
  providers: Providers;
  talkLane: (provider: string, model: string) => LaneMember;
  store: Store;
  prices: PriceTable;
  log: Log;
}

/** People wait for conversations, so they go before batches; all of one model are one member of its lane. */
function createTalkLanes(lanes: Lanes): OrchestratorParts['talkLane'] {
  const members = new Map<string, LaneMember>();
  return (provider, model) => {
    const key = JSON.stringify([provider, model]);
    const member = members.get(key) ?? lanes.join(provider, model, { priority: 10 });
    members.set(key, member);
    return member;
  };
}

/** The orchestrator is an agent like any other; the server hosts its tools. */
async function openOrchestrator(label: string | null, parts: OrchestratorParts): Promise<ConversationAgent> {
  const { registry, tools, store, prices, log } = parts;
  const definition = await resolveAgent(registry, label ?? ORCHESTRATOR);
  const provider = await parts.providers.get(definition.model.provider, definition.model);
  const toolSet = { tools, close: async () => undefined };
  const signal = new AbortController().signal;
  return {
    agent: openAgent({ definition, toolSet, log }),
    label: agentLabel(definition),
    model: definition.model.model,
    standIn: provider.standIn ?? null,
    hooksFor: (runId) =>
      createRunCalls(runId, true, {
        store,
        provider,
        lane: parts.talkLane(provider.server ?? provider.name, definition.model.model),
        callTimeoutMs: callTimeoutMs(definition),
        prices,
        budget: createBudget(undefined, 0),
        clock: systemClock,
        random: Math.random,
        signal,
      }),
  };
}

/** What the journal holds of a run: its answered calls, and what they cost. */
async function readRun(run: string, store: Store): Promise<{ answers: number; costUsd: number | null }> {
  const answers = (await store.readJournal(run)).flatMap((entry) => (entry.answer === null ? [] : [entry.answer]));
  const costs = answers.map((answer) => answer.costMicroUsd);
  const sum = costs.reduce((total, cost) => (total === null || cost === null ? null : total + cost), 0);
  return { answers: answers.length, costUsd: sum === null ? null : sum / 1e6 };
}

/** Sortable by time: nine base-32 digits of milliseconds, then ten of chance. */
function newId(prefix: string): string {
  const time = Date.now().toString(32).padStart(9, '0');
  const chance = [...randomBytes(10)].map((byte) => (byte % 32).toString(32)).join('');
  return `${prefix}_${time}${chance}`;
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= close();
    return closing;
  };
}
