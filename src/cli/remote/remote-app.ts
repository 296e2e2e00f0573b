import type * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { createClient, type RowmillClient } from '../../client/client.ts';
import type { ModelPrice, settings } from '../../runner/contract/service/settings.ts';
import type { App } from '../app.ts';
import { notRemote, partly } from './not-remote.ts';
import { type Questions, saveQuestion, tryAgent } from './remote-agents.ts';
import { createRemoteAudit, createRemoteDrafts } from './remote-kept.ts';
import { createRemoteJobs, createRemoteKeys, createRemoteRegistry, createRemoteUploads } from './remote-parts.ts';
import { createRemoteRunner, type Unasked } from './remote-runner.ts';
import { createRemoteMonitoring, createRemoteSchedules } from './remote-service.ts';
import { createRemoteConfirmations, createRemoteConversations } from './remote-talk.ts';
import { createRemoteTools } from './remote-tools.ts';
import { createRemoteTransfer, type OwnTables, upload } from './remote-transfer.ts';
import { answerOf } from './server-call.ts';

/**
 * The app of commands whose runner is a server. Parts that only exist beside the data directory throw
 * `option_not_supported`.
 * @throws AppError `invalid_arguments` for an address that is no server's or sends a key over plain HTTP; the fault of the
 *   server where the key is wrong
 */
export async function createRemoteApp(
  { url, apiKey }: { url: string; apiKey: string | undefined },
  { log, ownTables }: { log: Log; ownTables: OwnTables },
): Promise<App> {
  const client = clientOf(url, apiKey);
  const { limits, agent_sources: agentSources } = await answerOf<z.infer<typeof settings>>(
    client.GET('/v1/settings', { parseAs: 'text' }),
  );
  const unasked: Unasked = new Set();
  const questions: Questions = new WeakMap();
  const tools = createRemoteTools({ url, apiKey });
  const binding = {
    runner: createRemoteRunner(client, { unasked, questions }),
    jobs: createRemoteJobs(client),
    tools: async () => tools.tools,
    tables: partly<App['tables']>('This'),
    monitoring: createRemoteMonitoring(client),
    schedules: createRemoteSchedules(client),
    drafts: createRemoteDrafts(client),
    confirmations: createRemoteConfirmations(client, { url, unasked }),
  };
  const absent = (what: string) => () => Promise.reject(notRemote(what));
  return {
    ...binding,
    config: { confirmAboveUsd: limits.confirm_above_usd },
    log,
    as: () => binding,
    // The server writes the audit log.
    access: partly<App['access']>('This', { keys: createRemoteKeys(client), audit: NO_AUDIT }),
    auditLog: createRemoteAudit(client),
    idempotency: partly('This'),
    registry: createRemoteRegistry(client, agentSources),
    saveAgent: absent('This'),
    defineAgent: (name, question, columns) => saveQuestion({ ...question, name, columns }, client),
    preview: (request, signal) =>
      answerOf(client.POST('/v1/tables/preview', { body: request as never, parseAs: 'text', signal })),
    tryAgent: (agent, { given, signal }) => tryAgent(agent, { given, signal }, { client, questions }),
    // Tools start on the server's machine, when a batch needs them.
    startTools: async () => [],
    // The server says it when it starts.
    missingSettings: async () => ({ missing: [], callable: [] }),
    conversations: createRemoteConversations(client),
    uploads: partly<App['uploads']>('This', createRemoteUploads(client)),
    histories: partly('This'),
    prometheus: () => partly('This'),
    newId: () => {
      throw notRemote('This');
    },
    // The server drives its batches.
    supervise: async () => undefined,
    keepSchedules: absent('This'),
    suggestFields: ({ prompt, columns }, { signal }) =>
      answerOf(
        client.POST('/v1/agents/suggest', {
          ...{ params: { header: { 'idempotency-key': crypto.randomUUID() } }, signal, parseAs: 'text' },
          body: { prompt, columns: [...columns] },
        }),
      ),
    settings: () => answerOf(client.GET('/v1/settings', { parseAs: 'text' })),
    prices: async (models) => {
      const query = models === undefined ? {} : { model: models.join(',') };
      const call = client.GET('/v1/prices', { params: { query: query as never }, parseAs: 'text' });
      return (await answerOf<{ items: ModelPrice[] }>(call)).items;
    },
    async removeAgent(name, version) {
      const agent = version === undefined ? name : `${name}@${version}`;
      await answerOf(client.DELETE('/v1/agents/{agent}', { params: { path: { agent } }, parseAs: 'text' }));
    },
    copyStdin: (stdin, signal) => upload('stdin.csv', stdin, client, signal),
    importDocuments: absent('An import'),
    transfer: createRemoteTransfer(client, ownTables),
    server: url,
    ensureDetachedRunner: async () => undefined,
    close: tools.close,
  };
}

const NO_AUDIT: App['access']['audit'] = {
  begin: async () => async () => undefined,
  around: (_act, carryOut) => carryOut(),
};

function clientOf(url: string, apiKey: string | undefined): RowmillClient {
  try {
    return createClient({ url, apiKey });
  } catch (cause) {
    throw new AppError('invalid_arguments', `--server: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
