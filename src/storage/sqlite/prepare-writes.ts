import type { DatabaseSync } from 'node:sqlite';
import { prepareInsertBatch } from './batches/insert-batch.ts';
import { prepareRemoveBatch } from './batches/remove-batch.ts';
import { prepareSweepRemoved } from './batches/sweep-removed.ts';
import { prepareUpdateBatch } from './batches/update-batch.ts';
import { prepareWriteCachedAnswer } from './cache/write-cached-answer.ts';
import { preparePruneRuns } from './journal/prune-runs.ts';
import { prepareWriteAnswer } from './journal/write-answer.ts';
import { prepareWriteIntent } from './journal/write-intent.ts';
import { prepareWriteRefusal } from './journal/write-refusal.ts';
import { prepareAcquireLease } from './leases/acquire-lease.ts';
import { prepareForgetDeaths } from './leases/forget-deaths.ts';
import type { LeaseClock } from './leases/lease.ts';
import { prepareReleaseLease } from './leases/release-lease.ts';
import { prepareRenewLease } from './leases/renew-lease.ts';
import { prepareParkRows, prepareSettleProviderJobRows } from './provider-jobs/provider-job-rows.ts';
import { prepareInsertProviderJob, prepareUpdateProviderJob } from './provider-jobs/write-provider-jobs.ts';
import { prepareAppendRows } from './rows/append-rows.ts';
import { prepareHoldRows, prepareOrderRows } from './rows/arrange-rows.ts';
import { prepareFailQueuedRow, prepareNextAttempt, prepareRedriveRow } from './rows/change-row.ts';
import { prepareClaimRows } from './rows/claim-rows.ts';
import { prepareClearRows } from './rows/clear-rows.ts';
import { prepareFinishRow } from './rows/finish-row.ts';
import { prepareInsertRows } from './rows/insert-rows.ts';
import { prepareClearOutbox } from './rows/outbox.ts';
import { prepareRedriveRows } from './rows/redrive-rows.ts';
import { prepareRefuseRows } from './rows/refuse-rows.ts';
import { prepareReturnRow, prepareReturnRunningRows } from './rows/return-rows.ts';

/** The writes of batches, leases, rows, the journal and provider jobs, each prepared on one connection. */
export function prepareWrites(db: DatabaseSync, clock: LeaseClock) {
  return {
    insertBatch: prepareInsertBatch(db),
    updateBatch: prepareUpdateBatch(db, clock.now),
    acquireLease: prepareAcquireLease(db, clock),
    forgetDeaths: prepareForgetDeaths(db),
    renewLease: prepareRenewLease(db, clock),
    releaseLease: prepareReleaseLease(db),
    insertRows: prepareInsertRows(db),
    appendRows: prepareAppendRows(db),
    clearRows: prepareClearRows(db),
    claimRows: prepareClaimRows(db),
    finishRow: prepareFinishRow(db),
    orderRows: prepareOrderRows(db),
    holdRows: prepareHoldRows(db),
    returnRow: prepareReturnRow(db),
    returnRunningRows: prepareReturnRunningRows(db),
    redriveRows: prepareRedriveRows(db),
    failQueuedRow: prepareFailQueuedRow(db),
    nextAttempt: prepareNextAttempt(db),
    redriveRow: prepareRedriveRow(db),
    clearOutbox: prepareClearOutbox(db),
    refuseRows: prepareRefuseRows(db),
    writeIntent: prepareWriteIntent(db),
    writeAnswer: prepareWriteAnswer(db),
    writeRefusal: prepareWriteRefusal(db),
    writeCachedAnswer: prepareWriteCachedAnswer(db),
    pruneRuns: preparePruneRuns(db),
    removeBatch: prepareRemoveBatch(db),
    sweepRemoved: prepareSweepRemoved(db),
    insertProviderJob: prepareInsertProviderJob(db),
    updateProviderJob: prepareUpdateProviderJob(db),
    parkRows: prepareParkRows(db),
    settleProviderJobRows: prepareSettleProviderJobRows(db),
  };
}
