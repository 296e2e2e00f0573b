import { toAppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { JsonObject } from '../protocol/messages.ts';
import type { Caller } from '../runner/contract/caller.ts';
import type { AuditStore } from '../storage/audit.ts';

/** What the audit log tells apart. */
export const AUDITED = [
  'batch-start',
  'batch-resume',
  'batch-retry',
  'batch-set',
  'batch-pause',
  'batch-cancel',
  'batch-delete',
  'job-enqueue',
  'job-cancel',
  'job-priority',
  'queue-process',
  'delivery-retry',
  'upload-delete',
  'row-cancel',
  'row-requeue',
  'agent-save',
  'agent-delete',
  'agent-try',
  'confirm',
  'schedule-create',
  'schedule-change',
  'schedule-delete',
  'schedule-trigger',
  'schedule-run',
  'key-create',
  'key-revoke',
  'key-use',
  'sign-in',
  'sign-out',
] as const;

/** Something that a caller does. */
export interface AuditedAct {
  caller: Pick<Caller, 'id' | 'name' | 'face'>;
  action: (typeof AUDITED)[number];
  /** What it is done to; never a secret. */
  subject: string | null;
  details?: JsonObject;
}

/** Writes the audit log. */
export interface Audit {
  /**
   * Writes that an act begins; the returned function writes how it ended, and never rejects.
   * @throws AppError `store_unavailable`: then the act must not be carried out
   */
  begin(act: AuditedAct): Promise<(fault?: unknown) => Promise<void>>;
  /** Writes that an act begins, carries it out, and writes how it ended. */
  around<T>(act: AuditedAct, carryOut: () => Promise<T>): Promise<T>;
}

/** The audit log in the store. */
export function createAudit({ store, now, log }: { store: AuditStore; now: () => number; log: Log }): Audit {
  const begin: Audit['begin'] = async ({ caller, action, subject, details }) => {
    const entry = { callerId: caller.id, callerName: caller.name, face: caller.face, action, subject };
    const id = await store.appendAudit({ ...entry, at: Math.round(now()), details: details ?? null });
    return async (fault) => {
      const code = fault === undefined ? null : toAppError(fault).code;
      await store
        .endAudit(id, { at: Math.round(now()), code })
        .catch((thrown: unknown) => log.error({ err: thrown, audit: id }, 'the end of an act was not written'));
    };
  };
  return {
    begin,
    async around(act, carryOut) {
      const end = await begin(act);
      try {
        const result = await carryOut();
        await end();
        return result;
      } catch (thrown) {
        await end(thrown);
        throw thrown;
      }
    },
  };
}
