import type { RowmillClient } from '../../client/client.ts';
import type { BatchPlan } from '../../runner/contract/report/plan.ts';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import type { Appended } from '../../runner/contract/request/collect.ts';
import type { Runner } from '../../runner/runner.ts';
import { answerOf } from './server-call.ts';

/** What a request accepts to spend, for the batch with this id. */
type Accepted = (id: string, usd: number | null) => { accepted_usd?: number };

/** Batches of a server whose rows are appended. */
export function createRemoteCollecting(
  client: RowmillClient,
  accepted: Accepted,
): Pick<Runner, 'collect' | 'append' | 'planRun' | 'run'> {
  const of = (id: string) => ({ params: { path: { id } }, parseAs: 'text' as const });
  const planRun: Runner['planRun'] = (id, request = {}) =>
    answerOf(client.POST('/v1/batches/{id}/run/estimate', { ...of(id), body: request as never }));
  return {
    async collect(request) {
      const params = { header: { 'idempotency-key': crypto.randomUUID() } };
      const call = client.POST('/v1/batches', { params, body: request as never, parseAs: 'text' });
      const report = await answerOf<BatchReport>(call);
      return { report, started: (await call).response.status === 201 };
    },
    append: (id, request) =>
      answerOf<Appended>(client.POST('/v1/batches/{id}/rows', { ...of(id), body: request as never })),
    planRun,
    async run(id, request = {}, approve) {
      const plan: BatchPlan = await planRun(id, request);
      // The server refuses a request with problems, and names them.
      if (plan.problems.length === 0) await approve?.(plan, id);
      const body = { ...request, ...accepted(id, plan.spending_usd) } as never;
      return { report: await answerOf<BatchReport>(client.POST('/v1/batches/{id}/run', { ...of(id), body })), plan };
    },
  };
}
