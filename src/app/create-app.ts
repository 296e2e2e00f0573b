import { auditedConfirmations } from '../access/audited-confirmations.ts';
import { auditedJobs } from '../access/audited-jobs.ts';
import { auditedRunner } from '../access/audited-runner.ts';
import { createAccess } from '../access/create-access.ts';
import { createDrafts } from '../access/drafts.ts';
import { createConversations } from '../agent/conversation/conversations.ts';
import { createHistories } from '../agent/conversation/histories.ts';
import type { AgentDefinition } from '../agent/definition.ts';
import { draftAgent } from '../agent/draft-agent.ts';
import { openAgent } from '../agent/open-agent.ts';
import { checkTools, openTools, startTools } from '../agent/tools/open-tools.ts';
import { systemClock } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import { onFirstUse } from '../base/process/on-first-use.ts';
import { packageVersion } from '../base/process/package-version.ts';
import type { App, AppBinding } from '../cli/app.ts';
import { localTransfer } from '../cli/transfer.ts';
import { createFleetOpener } from '../fleet/fleet.ts';
import { createCallbacks } from '../jobs/callbacks.ts';
import { createJobs } from '../jobs/jobs.ts';
import { createAlertReceivers } from '../monitoring/alerts/alert-receivers.ts';
import { createMonitoring } from '../monitoring/monitoring.ts';
import { createPrometheus } from '../monitoring/prometheus/create-prometheus.ts';
import { createLanes } from '../providers/lanes/lane.ts';
import { createProviders } from '../providers/open-providers.ts';
import type { PriceOverrides } from '../providers/prices/model-prices.ts';
import { createPriceTable } from '../providers/prices/prices.ts';
import { resolveAgent } from '../registry/registry.ts';
import { removeAgent, saveAgent, withSavedAgents } from '../registry/saved-registry.ts';
import { budgetKeyOf, type Caller, localCaller } from '../runner/contract/caller.ts';
import { createRunner } from '../runner/create-runner.ts';
import { createExecutors } from '../runner/execution/executors.ts';
import { createProviderCount } from '../runner/forecast/provider-count.ts';
import { previewTable } from '../runner/intake/table/preview-table.ts';
import { listWorkers } from '../runner/output/list-workers.ts';
import { createDayGate } from '../runner/rows/day-gate.ts';
import { keepSchedules } from '../schedules/fire-due.ts';
import type { ScheduleParts } from '../schedules/schedule-parts.ts';
import { createSchedules } from '../schedules/schedules.ts';
import { currentOwner, isOwnerAlive } from '../storage/lease-owner.ts';
import type { LeaseOwner } from '../storage/leases.ts';
import { copyStdin } from '../tables/locations/stdin-locations.ts';
import { createEvents } from '../telemetry/create-events.ts';
import { suggestFields } from '../tools/suggest-fields.ts';
import { uploadViewer } from '../uploads/upload-viewer.ts';
import { callerTables } from './caller-tables.ts';
import type { Config } from './config.ts';
import { createConfirmations } from './confirmations.ts';
import { describePrices, describeSettings } from './describe-settings.ts';
import { createDetachedRunner } from './detached-runner.ts';
import { findMissingSettings } from './missing-settings.ts';
import { createTalkLanes, ORCHESTRATOR, openOrchestrator, readRun, talkCalls } from './open-orchestrator.ts';
import { openFiledAgents } from './open-registry.ts';
import { openStorage, openUploads, prepareFolders, spoolFolder } from './open-storage.ts';
import { openTraces } from './open-traces.ts';
import { ownTableOf } from './own-tables.ts';
import { makePrivate } from './private-files.ts';
import { tryAgent } from './try-agent.ts';

/** Which process drives batches that tool calls start: this one, or a detached one that outlives it. */
export type Driver = 'supervisor' | 'detached';

/** The choices of the process that creates the app. */
export interface AppChoices {
  driver: Driver;
  /** Replaces the agents that the environment names. */
  agents?: readonly AgentDefinition[] | undefined;
}

/** Puts the parts together; with `main.ts`, the only place that chooses implementations. */
export async function createApp(config: Config, log: Log, options: AppChoices): Promise<App> {
  const resultsDir = prepareFolders(config);
  makePrivate(config, log);
  const owner = currentOwner();
  const { store, tables } = await openStorage(config, { log, resultsDir });
  const filed = await openFiledAgents(config, log, options.agents);
  const registry = options.agents === undefined ? withSavedAgents(filed, store, 'saved with rowmill') : filed;
  const own = await ownPrices(config);
  const prices = createPriceTable(own);
  const fleet = config.fleet === null ? null : createFleetOpener(config.fleet, { version: packageVersion(), log });
  const providers = createProviders({ ...config.providers, log });
  const events = createEvents({ log });
  const endTraces = await openTraces(config.traces, { events, store, log });
  const dayGate = config.maxUsdPerDay === null ? undefined : createDayGate();
  const lanes = createLanes({ clock: systemClock, log, events });
  const talkLane = createTalkLanes(lanes);
  const openTarget = (definition: AgentDefinition, signal: AbortSignal) =>
    openTools(definition, { env: config.env, log, signal });
  const uploads = openUploads(config, store);
  const tablesOf = (caller: Caller) => callerTables(tables, (uri) => uploads.use(uri, uploadViewer(caller)));
  const runner = createRunner({
    store,
    tables,
    tablesOf,
    findAgent: (name, version) => resolveAgent(registry, version === undefined ? name : `${name}@${version}`),
    openAgent: async (definition, toolSpecs, signal) =>
      openAgent({
        definition,
        toolSet: await openTarget(definition, signal),
        log,
        ...(toolSpecs === null ? {} : { toolSpecs }),
      }),
    draftAgent: (definition, toolSpecs) => draftAgent(definition, toolSpecs, log),
    ...(config.asksForCounts && { providerCount: createProviderCount(systemClock.monotonic) }),
    checkTools: async (definition) => checkTools(definition, { env: config.env, log }),
    provider: providers.get,
    batchApi: providers.batch,
    batchPollMs: config.batchPollMs,
    executors: createExecutors({ fleet, prices: own.overrides ?? null }),
    lanes,
    prices,
    dayGate,
    owner,
    clock: systemClock,
    random: Math.random,
    newId,
    log,
    events,
    resultsDir,
    ...(config.resultsUri !== null && { resultsUri: config.resultsUri }),
  });
  const detached = createDetachedRunner({ runner, config, log });
  const confirmations = createConfirmations({ store, now: systemClock.now });
  const toolsOf = async (bound: Pick<AppBinding, 'runner' | 'jobs' | 'tables' | 'monitoring' | 'schedules'>) => {
    const { createOrchestratorTools } = await import('../tools/orchestrator-tools.ts');
    return createOrchestratorTools({
      ...bound,
      registry,
      onBatchReady: async () => {
        if (options.driver === 'detached') await detached.ensure();
      },
      sleep: systemClock.sleep,
      confirmAboveUsd: config.confirmAboveUsd,
      confirmations,
    });
  };
  const access = createAccess({ environmentKeys: config.apiKeys, store, now: systemClock.now, log });
  const callbacks = createCallbacks(config.webhooks.hosts);
  const workers = () => listWorkers(fleet, systemClock.now());
  const prometheus = onFirstUse(() => createPrometheus({ store, events, now: systemClock.now, workers }));
  const scheduleParts: ScheduleParts = {
    ...{ store, events, log, now: systemClock.now, absolute: tables.absolute, audit: access.audit },
    process: ownerText(owner),
    isAlive: isTextAlive,
    ownerOf: async (id) => {
      const caller = await access.callerOf(id, 'process');
      return { caller, ...as(caller) };
    },
  };
  const receivers = () => createAlertReceivers(config.alerts.webhooks);
  const alertSettings = { limits: config.alerts.limits, receivers: () => receivers().names };
  const watched = {
    store,
    lanes: lanes.states,
    now: systemClock.now,
    alerts: alertSettings,
    workers,
  };
  const as = createBindings((caller) => {
    const own = auditedRunner(runner.as(caller), caller, access.audit);
    const plain = createJobs({ store, runner: own, caller, callbacks, newId, now: systemClock.now });
    const monitoring = createMonitoring(watched, caller);
    const audited = auditedJobs(plain, caller, access.audit);
    const schedules = createSchedules(caller, scheduleParts);
    const bound = { runner: own, jobs: audited, monitoring, tables: tablesOf(caller), schedules };
    const drafts = createDrafts(caller.id, { store, newId: () => newId('dra'), now: systemClock.now });
    return {
      ...{ ...bound, drafts, tools: onFirstUse(() => toolsOf(bound)) },
      confirmations: auditedConfirmations(confirmations, caller, access.audit),
    };
  });
  const conversations = createConversations({
    store,
    open: async (label, speaker, said) => {
      const caller = await access.callerOf(speaker, 'chat');
      const tools = await as(caller).tools();
      const payer = budgetKeyOf(caller);
      return openOrchestrator(label, {
        ...{ registry, tools, said, providers, talkLane, payer },
        ...{ store, prices, dayGate, events, log },
      });
    },
    readRun: (run) => readRun(run, store),
    owner: ownerText(owner),
    isAlive: isTextAlive,
    newId: () => newId('conv'),
    now: systemClock.now,
    log,
  });
  const save = (name: string, definition: AgentDefinition) =>
    saveAgent({ name, definition, at: systemClock.now() }, { registry: filed, saved: store });
  const tryOnce: App['tryAgent'] = (definition, options) =>
    tryAgent(definition, options, {
      tables: tablesOf(options.caller ?? localCaller('cli')),
      openAgent: async (agent, signal) =>
        openAgent({ definition: agent, toolSet: await openTarget(agent, signal), log }),
      callsOf: async (agent, signal) => {
        const provider = await providers.get(agent.model.provider, agent.model);
        const payer = budgetKeyOf(options.caller ?? localCaller('cli'));
        return talkCalls(agent, { provider, signal, payer }, { store, talkLane, prices, dayGate, events });
      },
      readJournal: (run) => store.readJournal(run),
      newId,
    });
  return {
    config,
    log,
    ...as(localCaller('cli')),
    as,
    access,
    auditLog: store,
    idempotency: store,
    registry,
    settings: () => describeSettings(config, { providers, agentSources: registry.sources }),
    prices: (models) => describePrices(models, { prices, registry }),
    removeAgent: (name, version) => removeAgent({ name, version }, { registry: filed, saved: store }),
    saveAgent: save,
    async defineAgent(name, question, columns) {
      const { agent, warnings } = await as(localCaller('cli')).runner.define(question, columns);
      return { agent: await save(name, agent), warnings };
    },
    preview: (request, signal) => previewTable(request, tablesOf(localCaller('cli')), signal),
    tryAgent: tryOnce,
    suggestFields: async (asked, options) =>
      suggestFields(asked, await resolveAgent(registry, ORCHESTRATOR), (agent, given) =>
        tryOnce(agent, { ...options, given }),
      ),
    startTools: (definition, options) => startTools(definition, { ...options, env: config.env, log }),
    missingSettings: () => findMissingSettings(registry, providers),
    prometheus,
    conversations,
    histories: createHistories({ store, conversations, local: localCaller('chat').id }),
    uploads,
    supervise: async (limits) => {
      const { keepService } = await import('./keep-service.ts');
      await keepService(limits, {
        ...{ runner, store, uploads, callbacks, events, log, clock: systemClock, newId },
        ...{ show: as(localCaller('process')).jobs.show, receivers: receivers(), limits: config.alerts.limits },
        secret: config.webhooks.secret,
      });
    },
    newId,
    keepSchedules: (signal) => keepSchedules({ ...scheduleParts, clock: systemClock }, signal),
    copyStdin: (stdin, signal) => copyStdin(stdin, spoolFolder(config), signal),
    importDocuments: async (documents, uri) => {
      const { importDocuments } = await import('../tables/mongodb/import-documents.ts');
      return importDocuments(documents, { uri, serverUri: config.mongodbUri ?? undefined, log });
    },
    transfer: {
      ...localTransfer,
      own: ownTableOf({ tables: tablesOf(localCaller('cli')), folder: spoolFolder(config) }),
    },
    ensureDetachedRunner: detached.ensure,
    close: once(async () => {
      detached.close();
      await fleet?.close();
      await endTraces();
      await providers.close();
      await tables.close();
      await store.close();
    }),
  };
}

/** A process as a text, for records that name one. */
function ownerText(owner: LeaseOwner): string {
  return Buffer.from(JSON.stringify(owner)).toString('base64url');
}

function isTextAlive(text: string): boolean | 'unknown' {
  return isOwnerAlive(JSON.parse(Buffer.from(text, 'base64url').toString()) as LeaseOwner);
}

/** The prices of the file that the environment names. */
async function ownPrices({ pricesPath }: Config): Promise<{ overrides?: PriceOverrides }> {
  if (pricesPath === null) return {};
  const { readPriceFile } = await import('../providers/prices/price-file.ts');
  return { overrides: readPriceFile(pricesPath) };
}

/** The runner and tools of each caller, created once: creating the tools' schemas takes time. */
function createBindings(bind: (caller: Caller) => AppBinding): (caller: Caller) => AppBinding {
  const known = new Map<string, AppBinding>();
  return (caller) => {
    const key = JSON.stringify(caller);
    const binding = known.get(key) ?? bind(caller);
    known.set(key, binding);
    return binding;
  };
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= close();
    return closing;
  };
}
