import { Readable } from 'node:stream';
import type { Keys } from '../../access/access.ts';
import type { KeyInfo } from '../../access/key-info.ts';
import type { RowmillClient } from '../../client/client.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import { createGivenRegistry } from '../../registry/given-registry.ts';
import type { Registry, RegistryEntry } from '../../registry/registry.ts';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import type {
  DeliveryReport,
  EnqueuedJob,
  JobReport,
  ProcessedQueue,
  QueueReport,
} from '../../runner/contract/service/job.ts';
import type { UploadReport } from '../../uploads/upload-report.ts';
import type { Upload, Uploads } from '../../uploads/uploads.ts';
import { pageAfter } from './remote-batches.ts';
import { upload } from './remote-transfer.ts';
import { answerOf } from './server-call.ts';

/** The most jobs of one request. */
const MOST_JOBS = 10_000;

/** The jobs of a server. */
export function createRemoteJobs(client: RowmillClient): Jobs {
  const one = (job: string) => ({ params: { path: { job } }, parseAs: 'text' as const });
  const queues = async () =>
    (await answerOf<{ items: QueueReport[] }>(client.GET('/v1/queues', { parseAs: 'text' }))).items;
  return {
    async enqueue(requests, { key } = {}) {
      const added: EnqueuedJob[] = [];
      for (let from = 0; from < requests.length; from += MOST_JOBS) {
        const header = key === undefined ? {} : { 'idempotency-key': from === 0 ? key : `${key}:${from}` };
        const body = { jobs: requests.slice(from, from + MOST_JOBS) } as never;
        const call = client.POST('/v1/jobs/bulk', { params: { header }, body, parseAs: 'text' });
        added.push(...(await answerOf<{ items: EnqueuedJob[] }>(call)).items);
      }
      return added;
    },
    async runNow(request, _approve, acceptedUsd) {
      const params = { header: { 'idempotency-key': crypto.randomUUID() } };
      const accepted = acceptedUsd === undefined ? {} : { accepted_usd: acceptedUsd };
      const body = { ...request, mode: 'now', ...accepted } as never;
      const job = await answerOf<JobReport>(client.POST('/v1/jobs', { params, body, parseAs: 'text' }));
      const id = job.batch_id ?? '';
      const call = client.GET('/v1/batches/{id}', { params: { path: { id } }, parseAs: 'text' });
      return { job, batch: await answerOf<BatchReport>(call) };
    },
    show: (id) => answerOf(client.GET('/v1/jobs/{job}', one(id))),
    list: ({ before, limit, ...filter }) =>
      pageAfter<JobReport>(
        (cursor, most) => {
          const query = { limit: most, ...(cursor !== undefined && { cursor }), ...filter };
          return answerOf(client.GET('/v1/jobs', { params: { query: query as never }, parseAs: 'text' }));
        },
        { before, limit, idOf: ({ job_id }) => job_id },
      ),
    cancel: (id) => answerOf(client.POST('/v1/jobs/{job}/cancel', one(id))),
    setPriority: (id, priority) => answerOf(client.PATCH('/v1/jobs/{job}', { ...one(id), body: { priority } })),
    queues,
    async deliveries(query) {
      const call = client.GET('/v1/deliveries', { params: { query }, parseAs: 'text' });
      return (await answerOf<{ items: DeliveryReport[] }>(call)).items;
    },
    retryDelivery: (event) =>
      answerOf(client.POST('/v1/deliveries/{event}/retry', { params: { path: { event } }, parseAs: 'text' })),
    estimate: async (agent) => ({ expected_usd: spendingOf(await queues(), agent) }),
    async process({ agent, ...request }) {
      const header = { 'idempotency-key': crypto.randomUUID() };
      const [body, parseAs] = [request as never, 'text' as const];
      const call =
        agent === undefined
          ? client.POST('/v1/queues/process', { params: { header }, body, parseAs })
          : client.POST('/v1/queues/{agent}/process', { params: { header, path: { agent } }, body, parseAs });
      return (await answerOf<{ items: ProcessedQueue[] }>(call)).items;
    },
  };
}

/** What processing may cost, in dollars; null when a price is unknown. A queue that can't be processed costs nothing. */
function spendingOf(queues: readonly QueueReport[], agent: string | undefined): number | null {
  const asked = queues.filter((queue) => agent === undefined || queue.agent === agent);
  const costs = asked.flatMap(({ estimate, problem }) =>
    estimate === null || (estimate.spending_usd === null && problem !== null) ? [] : [estimate.spending_usd],
  );
  return costs.reduce<number | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0);
}

/** The uploads of a server. */
export function createRemoteUploads(client: RowmillClient): Pick<Uploads, 'list' | 'read' | 'receive' | 'remove'> {
  const one = (id: string) => ({ params: { path: { id } }, parseAs: 'text' as const });
  return {
    async list({ before, limit }) {
      const found = await pageAfter<UploadReport>(
        (cursor, most) => {
          const query = { limit: most, ...(cursor !== undefined && { cursor }) };
          return answerOf(client.GET('/v1/uploads', { params: { query }, parseAs: 'text' }));
        },
        { before, limit, idOf: ({ upload_id }) => upload_id },
      );
      return found.map(uploadOf);
    },
    async receive({ name }, _owner, { body, signal }) {
      const { uri } = await upload(name, Readable.from(body), client, signal);
      return uploadOf(await answerOf(client.GET('/v1/uploads/{id}', one(uri.slice('upload://'.length)))));
    },
    read: async (id) => uploadOf(await answerOf(client.GET('/v1/uploads/{id}', one(id)))),
    remove: (id) => answerOf(client.DELETE('/v1/uploads/{id}', one(id))),
  };
}

function uploadOf(report: UploadReport): Upload {
  const createdAt = Date.parse(report.created_at);
  return {
    ...{ id: report.upload_id, uri: report.uri, name: report.name, owner: report.owner },
    ...{ bytes: report.bytes, offset: report.offset, sha256: report.sha256, createdAt, usedAt: createdAt },
    completedAt: report.status === 'complete' ? createdAt : null,
    expiresAt: Date.parse(report.expires_at),
  };
}

/** The keys of a server. */
export function createRemoteKeys(client: RowmillClient): Keys {
  return {
    list: async () => (await answerOf<{ items: KeyInfo[] }>(client.GET('/v1/keys', { parseAs: 'text' }))).items,
    async create(request) {
      const call = client.POST('/v1/keys', { body: request as never, parseAs: 'text' });
      const { secret, ...key } = await answerOf<KeyInfo & { secret: string }>(call);
      return { key, secret };
    },
    revoke: (key) => answerOf(client.DELETE('/v1/keys/{key}', { params: { path: { key } }, parseAs: 'text' })),
  };
}

/** The agents of a server, read when they are asked for, and the places that its settings name. */
export function createRemoteRegistry(client: RowmillClient, sources: readonly string[]): Registry {
  const entries = async (): Promise<RegistryEntry[]> => {
    const query = { definitions: 'true' as const };
    const call = client.GET('/v1/agents', { params: { query }, parseAs: 'text' });
    return (await answerOf<{ items: RegistryEntry[] }>(call)).items.map(({ definition, source }) => ({
      definition,
      source,
    }));
  };
  const given = async () =>
    createGivenRegistry(
      (await entries()).map(({ definition }) => definition),
      'the server',
    );
  return {
    sources,
    entries,
    list: async () => (await given()).list(),
    find: async (name, version) => (await given()).find(name, version),
  };
}
