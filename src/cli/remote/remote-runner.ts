import { AppError } from '../../base/errors.ts';
import type { RowmillClient } from '../../client/client.ts';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import type { SavingsReport } from '../../runner/contract/service/savings.ts';
import type { DefinedAgent } from '../../runner/intake/agent/define-inline.ts';
import { spendingOfRest } from '../../runner/intake/money/spending.ts';
import type { Runner } from '../../runner/runner.ts';
import { partly } from './not-remote.ts';
import type { Questions } from './remote-agents.ts';
import { findBatchId, listBatches, watchBatch } from './remote-batches.ts';
import { createRemoteCollecting } from './remote-collecting.ts';
import { exportBytes, exportFile } from './remote-export.ts';
import { createRemoteRows } from './remote-rows.ts';
import { answerOf } from './server-call.ts';

/** Batches for which no person agreed to a cost: the server decides whether they may start. */
export type Unasked = Set<string>;

/** The runner of a server. What only makes sense beside the data directory throws `option_not_supported`. */
export function createRemoteRunner(
  client: RowmillClient,
  { unasked, questions }: { unasked: Unasked; questions: Questions },
): Runner {
  const report = (id: string) =>
    answerOf<BatchReport>(client.GET('/v1/batches/{id}', { params: { path: { id } }, parseAs: 'text' }));
  /** What the request accepts to spend: nothing where no person agreed. */
  const accepted = (id: string, usd: number | null) =>
    unasked.delete(id) || usd === null ? {} : { accepted_usd: usd };
  const plan: Runner['plan'] = (request) =>
    answerOf(client.POST('/v1/estimates', { body: sent(request), parseAs: 'text' }));
  const planRetry: Runner['planRetry'] = (id, request) =>
    answerOf(
      client.POST('/v1/batches/{id}/retry/estimate', {
        params: { path: { id } },
        body: sent(request),
        parseAs: 'text',
      }),
    );
  return partly<Runner>('This', {
    plan,
    async create(request, approve) {
      const planned = await plan(request);
      const id = crypto.randomUUID();
      // The server refuses a request with problems, and names them.
      if (planned.problems.length === 0) await approve?.(planned, id);
      const key = crypto.randomUUID();
      const body = { ...request, ...accepted(id, planned.spending_usd) };
      const call = client.POST('/v1/batches', {
        params: { header: { 'idempotency-key': key } },
        body: sent(body),
        parseAs: 'text',
      });
      const created = await answerOf<BatchReport>(call);
      return { report: created, started: (await call).response.status === 201, plan: planned };
    },
    async drive() {
      throw new AppError('batch_owned_elsewhere', 'The server runs this batch.');
    },
    async resume(id, change = {}) {
      const before = await report(id);
      const cap = change.max_cost_usd ?? before.options.max_cost_usd ?? undefined;
      const body = { ...change, ...accepted(id, spendingOfRest(before.estimate_rest, before, cap)) };
      const params = { path: { id } };
      return answerOf(client.POST('/v1/batches/{id}/resume', { params, body: sent(body), parseAs: 'text' }));
    },
    pause: (id) => answerOf(client.POST('/v1/batches/{id}/pause', { params: { path: { id } }, parseAs: 'text' })),
    cancel: (id) => answerOf(client.POST('/v1/batches/{id}/cancel', { params: { path: { id } }, parseAs: 'text' })),
    set: (id, tuning) =>
      answerOf(client.PATCH('/v1/batches/{id}', { params: { path: { id } }, body: sent(tuning), parseAs: 'text' })),
    planRetry,
    async retry(id, request) {
      const [{ rows, estimate }, before] = [await planRetry(id, request), await report(id)];
      const cap = request.max_cost_usd ?? before.options.max_cost_usd ?? undefined;
      const spending = accepted(id, spendingOfRest(estimate, before, cap));
      const body = { ...request, expected_rows: rows, ...spending };
      const params = { path: { id } };
      return answerOf(client.POST('/v1/batches/{id}/retry', { params, body: sent(body), parseAs: 'text' }));
    },
    report,
    statistics: (id) =>
      answerOf(client.GET('/v1/batches/{id}/statistics', { params: { path: { id } }, parseAs: 'text' })),
    watch: (id, signal) => watchBatch(id, client, signal),
    idOf: (name) => findBatchId(name, client),
    list: (options) => listBatches(client, options),
    async savings() {
      const query = { from: '1970-01-01', by: 'day' as const };
      const { totals } = await answerOf<SavingsReport>(
        client.GET('/v1/savings', { params: { query }, parseAs: 'text' }),
      );
      const { batch_api_usd, cache_usd } = totals;
      return { batch_api_usd, cache_usd };
    },
    ...createRemoteRows(client),
    exportTable: (id, uri, options = {}) => exportFile({ id, uri, ...options }, client),
    async *csv(id, options = {}) {
      const decoder = new TextDecoder();
      const bytes = await exportBytes({ id, format: 'csv', compression: 'none', ...options }, client);
      for await (const chunk of bytes as unknown as AsyncIterable<Uint8Array>) {
        yield decoder.decode(chunk, { stream: true });
      }
    },
    lapsed: async () => [],
    async remove(id, { force = false } = {}) {
      const query = force ? { force: 'true' as const } : {};
      await answerOf(client.DELETE('/v1/batches/{id}', { params: { path: { id }, query }, parseAs: 'text' }));
    },
    ...createRemoteCollecting(client, accepted),
    flow: (id) => answerOf(client.GET('/v1/batches/{id}/flow', { params: { path: { id } }, parseAs: 'text' })),
    continuationOf: (id) =>
      answerOf(client.GET('/v1/batches/{id}/continuation', { params: { path: { id } }, parseAs: 'text' })),
    async define(question) {
      const call = client.POST('/v1/agents/define', { body: sent(question), parseAs: 'text' });
      const defined = await answerOf<DefinedAgent>(call);
      questions.set(defined.agent, question);
      return defined;
    },
  });
}

/** A body or query of the contract, whose types are the server's own. */
export function sent(body: unknown): never {
  return body as never;
}
