import type { AgentStore } from './agents.ts';
import type { AlertStore } from './alerts.ts';
import type { AnswerIndexStore } from './answer-index.ts';
import type { AuditStore } from './audit.ts';
import type { BatchStore } from './batches.ts';
import type { CacheStore } from './cache.ts';
import type { ConversationStore } from './conversations.ts';
import type { DraftStore } from './drafts.ts';
import type { IdempotencyStore } from './idempotency.ts';
import type { JobStore } from './jobs.ts';
import type { JournalStore } from './journal.ts';
import type { KeyStore } from './keys.ts';
import type { LeaseStore } from './leases.ts';
import type { OverviewStore } from './overview.ts';
import type { ProviderJobStore } from './provider-jobs.ts';
import type { RowStore } from './rows.ts';
import type { ScheduleStore } from './schedules.ts';
import type { SpendingStore } from './spending.ts';
import type { UploadStore } from './uploads.ts';
import type { UsageStore } from './usage.ts';
import type { WrittenStore } from './written.ts';

/**
 * All durable state. Asynchronous, so that another database can implement it.
 *
 * Contract: a promise that resolved is committed and survives SIGKILL. Writes of one event-loop turn are grouped into
 * one transaction. A write with a fence fails with `lease_lost` and changes nothing when the lease has another epoch.
 * Other faults reject with `store_unavailable`.
 */
export interface Store
  extends AnswerIndexStore,
    BatchStore,
    LeaseStore,
    RowStore,
    JournalStore,
    JobStore,
    CacheStore,
    ProviderJobStore,
    ConversationStore,
    AgentStore,
    AuditStore,
    KeyStore,
    DraftStore,
    IdempotencyStore,
    ScheduleStore,
    SpendingStore,
    UploadStore,
    UsageStore,
    OverviewStore,
    AlertStore,
    WrittenStore {
  /** Idempotent; waits for pending writes. */
  close(): Promise<void>;
}
