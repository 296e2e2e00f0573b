import type { JsonObject } from '../protocol/messages.ts';
import type { Caller } from '../runner/contract/caller.ts';
import type { Runner } from '../runner/runner.ts';
import type { Audit, AuditedAct } from './audit.ts';

/** The runner of a caller whose starts, changes and deletions are written to the audit log before they happen. */
export function auditedRunner(runner: Runner, caller: Caller, audit: Audit): Runner {
  const around = <T>(
    action: AuditedAct['action'],
    batchId: string,
    { change, act }: { change?: object; act: () => Promise<T> },
  ) => audit.around({ caller, action, subject: batchId, ...detailsOf(change) }, act);
  return {
    ...runner,
    as: (other) => auditedRunner(runner.as(other), other, audit),
    async create(request, approve) {
      let end: ((fault?: unknown) => Promise<void>) | undefined;
      try {
        const created = await runner.create(request, async (plan, batchId) => {
          await approve?.(plan, batchId);
          const agent = plan.agent === null ? null : `${plan.agent.name}@${plan.agent.version}`;
          const details = { agent, expected_usd: plan.spending_usd, rows: plan.row_count };
          end = await audit.begin({ caller, action: 'batch-start', subject: batchId, details });
        });
        await end?.();
        return created;
      } catch (thrown) {
        await end?.(thrown);
        throw thrown;
      }
    },
    resume: (id, change) => around('batch-resume', id, { ...given(change), act: () => runner.resume(id, change) }),
    retry: (id, request) => around('batch-retry', id, { change: request, act: () => runner.retry(id, request) }),
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
