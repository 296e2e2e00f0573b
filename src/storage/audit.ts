import type { JsonObject } from '../protocol/messages.ts';

/** Something that a caller is about to do, or has done. */
export interface AuditEntry {
  /** Milliseconds since the epoch. */
  at: number;
  callerId: string;
  callerName: string;
  face: string;
  action: string;
  /** What it was done to: the id of a batch, a key. */
  subject: string | null;
  details: JsonObject | null;
}

/** How an act ended; without an outcome its process ended first. */
export interface AuditOutcome {
  at: number;
  /** The code of the error; null for a success. */
  code: string | null;
}

/** An entry with its number and, once there is one, its outcome. */
export interface AuditRecord extends AuditEntry {
  id: number;
  outcome: AuditOutcome | null;
}

/** Which entries to read, the newest first. */
export interface AuditQuery {
  limit: number;
  /** Only entries with a lower number. */
  before?: number | undefined;
  action?: string | undefined;
  callerId?: string | undefined;
}

/** The audit log: entries are added, never changed or removed. The contract of `storage/store.ts` holds. */
export interface AuditStore {
  /** Resolves to the number of the entry. */
  appendAudit(entry: AuditEntry): Promise<number>;
  endAudit(id: number, outcome: AuditOutcome): Promise<void>;
  readAudit(query: AuditQuery): Promise<AuditRecord[]>;
}
