import * as z from 'zod';
import { isoTime } from '../base/clock.ts';
import type { AuditRecord } from '../storage/audit.ts';

/** An entry of the audit log as every face shows it. */
export const auditReport = z.object({
  id: z.int().describe('The number of the entry.'),
  at: z.string().describe('ISO 8601.'),
  caller_id: z.string().describe('The id of the caller.'),
  caller_name: z.string().describe('Its name.'),
  face: z.string().describe('The face that it used.'),
  action: z.string().describe('What it did.'),
  subject: z.string().nullable().describe('What it was done to, such as the id of a batch.'),
  details: z.record(z.string(), z.unknown()).nullable().describe('Details of the act.'),
  outcome: z.enum(['done', 'failed', 'unknown']).describe('unknown: it has not ended, or its process ended first.'),
  code: z.string().nullable().describe('The code of the error.'),
});

export type AuditReport = z.infer<typeof auditReport>;

/** An entry as it is shown. */
export function auditReportOf({ id, at, callerId, callerName, outcome, ...entry }: AuditRecord): AuditReport {
  const { face, action, subject, details } = entry;
  const code = outcome?.code ?? null;
  return {
    ...{ id, at: isoTime(at), caller_id: callerId, caller_name: callerName },
    ...{ face, action, subject, details, code },
    outcome: outcome === null ? 'unknown' : code === null ? 'done' : 'failed',
  };
}
