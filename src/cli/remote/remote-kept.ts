import type { AuditReport } from '../../access/audit-report.ts';
import type { Drafts } from '../../access/drafts.ts';
import type { RowmillClient } from '../../client/client.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import type { DraftReport } from '../../runner/contract/service/draft.ts';
import type { AuditRecord, AuditStore } from '../../storage/audit.ts';
import { pageAfter } from './remote-batches.ts';
import { answerOf } from './server-call.ts';

const parseAs = 'text' as const;

/** The drafts of the key at a server. */
export function createRemoteDrafts(client: RowmillClient): Drafts {
  const one = (id: string) => ({ params: { path: { id } }, parseAs });
  return {
    create: ({ name, request }) => {
      const params = { header: { 'idempotency-key': crypto.randomUUID() } };
      return answerOf(client.POST('/v1/drafts', { params, body: { name, request } as never, parseAs }));
    },
    change: (id, draft) => answerOf(client.PUT('/v1/drafts/{id}', { ...one(id), body: draft as never })),
    list: ({ before, limit }) =>
      pageAfter<DraftReport>(
        (cursor, most) => {
          const query = { limit: most, ...(cursor !== undefined && { cursor }) };
          return answerOf(client.GET('/v1/drafts', { params: { query }, parseAs }));
        },
        { before, limit, idOf: ({ draft_id }) => draft_id },
      ),
    show: (id) => answerOf(client.GET('/v1/drafts/{id}', one(id))),
    remove: (id) => answerOf(client.DELETE('/v1/drafts/{id}', one(id))),
  };
}

/** The audit log of a server. */
export function createRemoteAudit(client: RowmillClient): Pick<AuditStore, 'readAudit'> {
  return {
    async readAudit({ limit, before, action, callerId }) {
      const filter = {
        ...(action !== undefined && { action }),
        ...(callerId !== undefined && { caller_id: callerId }),
      };
      const found = await pageAfter<AuditReport>(
        (cursor, most) => {
          const query = { ...filter, limit: most, ...(cursor !== undefined && { cursor }) };
          return answerOf(client.GET('/v1/audit', { params: { query: query as never }, parseAs }));
        },
        { before: before === undefined ? undefined : String(before), limit, idOf: ({ id }) => String(id) },
      );
      return found.map(recordOf);
    },
  };
}

function recordOf({ at, caller_id, caller_name, outcome, code, details, ...entry }: AuditReport): AuditRecord {
  return {
    ...{ ...entry, at: Date.parse(at), callerId: caller_id, callerName: caller_name },
    details: details as JsonObject | null,
    outcome: outcome === 'unknown' ? null : { at: Date.parse(at), code },
  };
}
