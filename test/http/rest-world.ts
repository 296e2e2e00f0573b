import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccess } from '../../src/access/create-access.ts';
import { createDrafts } from '../../src/access/drafts.ts';
import { callerTables } from '../../src/app/caller-tables.ts';
import { createConfirmations } from '../../src/app/confirmations.ts';
import { describePrices } from '../../src/app/describe-settings.ts';
import { createTalkLanes, talkCalls } from '../../src/app/open-orchestrator.ts';
import { tryAgent } from '../../src/app/try-agent.ts';
import { newId } from '../../src/base/ids.ts';
import { createHttpApp, type HttpApp } from '../../src/http/app.ts';
import type { HttpParts } from '../../src/http/parts.ts';
import { createLanes } from '../../src/providers/lanes/lane.ts';
import { createGivenRegistry } from '../../src/registry/given-registry.ts';
import { type Registry, resolveAgent } from '../../src/registry/registry.ts';
import { removeAgent, saveAgent, withSavedAgents } from '../../src/registry/saved-registry.ts';
import type { Caller } from '../../src/runner/contract/caller.ts';
import { createByteLocations } from '../../src/tables/locations/byte-locations.ts';
import { createUploadStore, uploadPath } from '../../src/tables/locations/upload-locations.ts';
import type { Tables } from '../../src/tables/table.ts';
import { suggestFields } from '../../src/tools/suggest-fields.ts';
import { uploadViewer } from '../../src/uploads/upload-viewer.ts';
import { createUploads } from '../../src/uploads/uploads.ts';
import { startWorld, testAgent, type World, type WorldOptions } from '../runner/world.ts';
import { httpParts, JSON_HEADERS } from './http-parts.ts';

/** The HTTP face over a real runner, store and uploads. */
export interface RestWorld extends World {
  app: HttpApp;
  /** Sends JSON and reads JSON, as the holder of a key. */
  send(method: string, path: string, body?: unknown, options?: SendOptions): Promise<Answer>;
}

interface SendOptions {
  key?: string;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers of every shape
  body: any;
}

/** @param options.apiKeys `admin` is a key of the environment, which has every permission */
export async function startRestWorld(
  options: WorldOptions & { apiKeys?: string[]; confirmAboveUsd?: number } = {},
): Promise<RestWorld> {
  let world: World | undefined;
  const folder = await mkdtemp(join(tmpdir(), 'rowmill-rest-'));
  const found = createUploadStore({ folder, find: async (id) => world?.store.readUpload(id) });
  const tablesOf = (caller: Caller): Tables => {
    if (world === undefined) throw new Error('The world has not started.');
    return callerTables(world.deps.tables, (uri) => uploads.use(uri, uploadViewer(caller)));
  };
  const findAgent = (name: string, version?: string) => resolveAgent(registry(), name, version);
  const filed = createGivenRegistry(
    [
      testAgent(options.agent),
      testAgent({ name: 'orchestrator', structured_output: { enabled: false }, input: undefined }),
    ],
    'agents.yaml',
  );
  const registry = (): Registry => {
    if (world === undefined) throw new Error('The world has not started.');
    return withSavedAgents(filed, world.store, 'saved');
  };
  world = await startWorld({
    ...options,
    deps: { tablesOf, findAgent, ...options.deps },
    locations: [createByteLocations(found)],
  });
  const { store, runner } = world;
  const uploads = createUploads({
    store,
    pathOf: (id) => uploadPath(folder, id),
    limits: { maxBytes: 10_000_000, maxTotalBytes: 50_000_000, keepMs: 1_000_000 },
    newId: () => newId('upl'),
    now: Date.now,
  });
  const confirmations = createConfirmations({ store, now: Date.now });
  const given = { apiKeys: options.apiKeys ?? [], idempotency: store };
  const app = createHttpApp({
    ...httpParts({ ...given, confirmationsOf: () => confirmations }),
    access: createAccess({
      environmentKeys: given.apiKeys,
      ...{ store, now: Date.now, log: world.deps.log },
    }),
    audit: store,
    agents: agentParts(world, { filed, registry: registry(), tablesOf }),
    start: {
      runnerOf: (caller) => runner.as(caller),
      jobsOf: () => {
        throw new Error('This test has no jobs.');
      },
      approval: () => ({ confirmations, confirmAboveUsd: options.confirmAboveUsd ?? 5 }),
      tablesOf,
    },
    work: {
      uploads,
      draftsOf: ({ id }) => createDrafts(id, { store, newId: () => newId('dra'), now: Date.now }),
      newId,
    },
  });
  return {
    ...world,
    close: async () => {
      await world?.close();
      await rm(folder, { recursive: true });
    },
    app,
    async send(method, path, body, { key, headers = {} } = {}) {
      const isRaw = typeof body === 'string' || body instanceof Uint8Array;
      const answer = await app.request(path, {
        method,
        headers: {
          ...(isRaw || body === undefined ? {} : JSON_HEADERS),
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          ...headers,
        },
        ...(body !== undefined && { body: isRaw ? (body as string) : JSON.stringify(body) }),
      });
      const text = await answer.text();
      const isJson = /\/(problem\+)?json/.test(answer.headers.get('content-type') ?? '') && text !== '';
      return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
    },
  };
}

/** Agents over the store of the world, run by its model. */
function agentParts(
  { store, deps }: World,
  { filed, registry, tablesOf }: { filed: Registry; registry: Registry; tablesOf: (caller: Caller) => Tables },
): HttpParts['agents'] {
  const { clock, log, events, prices } = deps;
  const talkLane = createTalkLanes(createLanes({ clock, log, events }));
  const tryOnce: HttpParts['agents']['tryAgent'] = (definition, { caller, ...options }) =>
    tryAgent(definition, options, {
      tables: tablesOf(caller),
      openAgent: (agent, signal) => deps.openAgent(agent, null, signal),
      callsOf: async (agent, signal) => {
        const provider = await deps.provider(agent.model.provider, agent.model);
        const parts = { store, talkLane, prices, dayGate: undefined, events };
        return talkCalls(agent, { provider, signal, payer: null }, parts);
      },
      readJournal: store.readJournal,
      newId,
    });
  return {
    registry,
    saveAgent: (name, definition) => saveAgent({ name, definition, at: 1 }, { registry: filed, saved: store }),
    removeAgent: (name, version) => removeAgent({ name, version }, { registry: filed, saved: store }),
    tryAgent: tryOnce,
    suggestFields: async (asked, options) =>
      suggestFields(asked, await resolveAgent(registry, 'orchestrator'), (agent, given) =>
        tryOnce(agent, { ...options, given }),
      ),
    settings: () => Promise.reject(new Error('This test has no settings.')),
    prices: (models) => describePrices(models, { prices, registry }),
  };
}
