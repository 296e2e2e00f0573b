import type { JsonObject } from '../protocol/messages.ts';
import type { Caller } from '../runner/contract/caller.ts';
import type { Runner } from '../runner/runner.ts';
import type { Audit, AuditedAct } from './audit.ts';

type Approve = NonNullable<Parameters<Runner['create']>[1]>;

/** The runner of a caller whose starts, changes and deletions are written to the audit log before they happen. */
export function auditedRunner(runner: Runner, caller: Caller, audit: Audit): Runner {
  const around = <T>(
    action: AuditedAct['action'],
    batchId: string,
    { change, act }: { change?: object; act: () => Promise<T> },
  ) => audit.around({ caller, action, subject: batchId, ...detailsOf(change) }, act);
  /** Writes a start once it is approved, before the batch is stored or sealed. */
  const started = async <T>(approve: Approve | undefined, start: (approved: Approve) => Promise<T>): Promise<T> => {
    let end: ((fault?: unknown) => Promise<void>) | undefined;
    try {
      const result = await start(async (plan, batchId) => {
        await approve?.(plan, batchId);
        const agent = plan.agent === null ? null : `${plan.agent.name}@${plan.agent.version}`;
        const details = { agent, expected_usd: plan.spending_usd, rows: plan.row_count };
        end = await audit.begin({ caller, action: 'batch-start', subject: batchId, details });
      });
      await end?.();
      return result;
    } catch (thrown) {
      await end?.(thrown);
      throw thrown;
    }
  };
  return {
    ...runner,
    as: (other) => auditedRunner(runner.as(other), other, audit),
    create: (request, approve) => started(approve, (approved) => runner.create(request, approved)),
    run: (id, request, approve) => started(approve, (approved) => runner.run(id, request, approved)),
    resume: (id, change) => around('batch-resume', id, { ...given(change), act: () => runner.resume(id, change) }),
    retry: (id, request) => {
      const action = request.row === undefined ? 'batch-retry' : 'row-requeue';
      return around(action, id, { change: request, act: () => runner.retry(id, request) });
    },
    cancelRow: (id, row) => around('row-cancel', id, { change: { row }, act: () => runner.cancelRow(id, row) }),
    set: (id, tuning) => around('batch-set', id, { change: tuning, act: () => runner.set(id, tuning) }),
    pause: (id) => around('batch-pause', id, { act: () => runner.pause(id) }),
    cancel: (id) => around('batch-cancel', id, { act: () => runner.cancel(id) }),
    remove: (id, options) => around('batch-delete', id, { ...given(options), act: () => runner.remove(id, options) }),
  };
}

function given(change: object | undefined): { change?: object } {
  return change === undefined ? {} : { change };
}

function detailsOf(change: object | undefined): { details?: JsonObject } {
  return change === undefined ? {} : { details: JSON.parse(JSON.stringify(change)) as JsonObject };
}
