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
import type { App, AppBinding } from '../cli/app.ts';
import { createLanes, type LaneMember, type Lanes } from '../providers/lanes/lane.ts';
import { createProviders, type Providers } from '../providers/open-providers.ts';
import { readPriceFile } from '../providers/prices/price-file.ts';
import { createPriceTable, type PriceTable } from '../providers/prices/prices.ts';
import { createGivenRegistry } from '../registry/given-registry.ts';
import { layerRegistries, type Registry, resolveAgent } from '../registry/registry.ts';
import { createYamlRegistry } from '../registry/yaml-registry.ts';
import { type Caller, keyCaller, localCaller } from '../runner/contract/caller.ts';
import { createRunner } from '../runner/create-runner.ts';
import { createExecutors } from '../runner/execution/executors.ts';
import { supervise } from '../runner/lifecycle/supervise.ts';
import { createBudget } from '../runner/rows/budget.ts';
import { createRunCalls } from '../runner/rows/run-journal.ts';
import { createStoreJournal } from '../runner/rows/store-journal.ts';
import type { Runner } from '../runner/runner.ts';
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
import { createEvents } from '../telemetry/create-events.ts';
import type { EventSink } from '../telemetry/events.ts';
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
  const events = createEvents({ log });
  const lanes = createLanes({ clock: systemClock, log, events });
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
    executors: createExecutors(),
    lanes,
    prices,
    owner,
    clock: systemClock,
    random: Math.random,
    newId,
    log,
    events,
    resultsDir,
  });
  const detached = createDetachedRunner({ runner, config, log });
  const confirmations = createConfirmations({ key: () => readDataKey(config.dataDir), now: systemClock.now });
  const toolsOf = (own: Runner) =>
    createOrchestratorTools({
      runner: own,
      registry,
      tables,
      onBatchReady: async () => {
        if (options.driver === 'detached') await detached.ensure();
      },
      now: systemClock.now,
      sleep: systemClock.sleep,
      confirmAboveUsd: config.confirmAboveUsd,
      confirmations,
    });
  const as = createBindings((caller) => {
    const own = runner.as(caller);
    return { runner: own, tools: toolsOf(own) };
  });
  const conversations = createConversations({
    store,
    open: (label, speaker) =>
      openOrchestrator(label, {
        registry,
        tools: as(callerOf(config, 'chat', speaker)).tools,
        providers,
        talkLane,
        store,
        prices,
        events,
        log,
      }),
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
    ...as(localCaller('cli')),
    as: (face, id) => as(callerOf(config, face, id)),
    registry,
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

/** The caller with one of the environment's keys, by its id; without one, whoever is at this machine. */
function callerOf({ apiKeys }: Config, face: Caller['face'], id: string | undefined): Caller {
  return apiKeys.map((key) => keyCaller(key, face)).find((caller) => caller.id === id) ?? localCaller(face);
}

/** What a caller works with, made once: a tool's schemas take a while to make. */
function createBindings(bind: (caller: Caller) => AppBinding): (caller: Caller) => AppBinding {
  const known = new Map<string, AppBinding>();
  return (caller) => {
    const key = `${caller.face} ${caller.id}`;
    const binding = known.get(key) ?? bind(caller);
    known.set(key, binding);
    return binding;
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
  events: EventSink;
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
  const { registry, tools, store, prices, events, log } = parts;
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
        journal: createStoreJournal({ store, budget: createBudget(undefined, 0), clock: systemClock }),
        provider,
        lane: parts.talkLane(provider.server ?? provider.name, definition.model.model),
        callTimeoutMs: callTimeoutMs(definition),
        prices,
        events,
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
