import type { Audit } from '../access/audit.ts';
import type { Log } from '../base/log.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Caller } from '../runner/contract/caller.ts';
import type { Runner } from '../runner/runner.ts';
import type { BatchStore } from '../storage/batches.ts';
import type { ScheduleStore } from '../storage/schedules.ts';
import type { Tables } from '../tables/table.ts';
import type { EventSink } from '../telemetry/events.ts';

/** The parts of the caller in whose name a schedule runs. */
export interface ScheduleOwner {
  caller: Caller;
  runner: Runner;
  jobs: Jobs;
  tables: Pick<Tables, 'places' | 'writerKind'>;
}

/** What schedules need. */
export interface ScheduleParts {
  store: ScheduleStore & Pick<BatchStore, 'readBatch' | 'readBatchOfKey'>;
  /**
   * The parts of the caller with an id, in whose name a schedule runs.
   * @throws AppError `unauthorized` when its key was revoked
   */
  ownerOf(id: string): Promise<ScheduleOwner>;
  /** A table's address that is valid from any working directory. */
  absolute(uri: string): string;
  audit: Audit;
  events: EventSink;
  /** This process, as a text. */
  process: string;
  /** Whether the process of such a text is running. */
  isAlive(process: string): boolean | 'unknown';
  /** Wall clock, in milliseconds since the epoch. */
  now: () => number;
  log: Log;
}
