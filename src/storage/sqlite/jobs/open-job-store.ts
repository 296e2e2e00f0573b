import type { DatabaseSync } from 'node:sqlite';
import type { JobStore } from '../../jobs.ts';
import type { StoreAccess } from '../store-access.ts';
import { prepareCancelJob, prepareSetJobPriority } from './change-jobs.ts';
import { prepareCountPriorities } from './count-priorities.ts';
import {
  prepareClaimDeliveries,
  prepareListDeliveries,
  preparePruneDeliveries,
  prepareRetryDelivery,
  prepareSettleDelivery,
} from './deliveries.ts';
import { prepareInsertJobs } from './insert-jobs.ts';
import { prepareListJobs } from './list-jobs.ts';
import { prepareMoveJobs, prepareReadJobOrder } from './order-jobs.ts';
import { prepareReadQueues, prepareStanding } from './queues.ts';
import { prepareReadJob } from './read-jobs.ts';
import { prepareSiftJobs } from './sift-jobs.ts';

/** The part of the store that holds jobs and their deliveries. */
export function openJobStore(db: DatabaseSync, { read, write }: StoreAccess): JobStore {
  const queues = prepareReadQueues(db);
  const [readJob, listJobs, listDeliveries] = [prepareReadJob(db), prepareListJobs(db), prepareListDeliveries(db)];
  const [insertJobs, siftJobs, standing] = [prepareInsertJobs(db), prepareSiftJobs(db), prepareStanding(db)];
  const [cancelJob, setJobPriority] = [prepareCancelJob(db), prepareSetJobPriority(db)];
  const [claim, settle, retry] = [prepareClaimDeliveries(db), prepareSettleDelivery(db), prepareRetryDelivery(db)];
  const [readOrder, moveJobs] = [prepareReadJobOrder(db), prepareMoveJobs(db)];
  const [countPriorities, prune] = [prepareCountPriorities(db), preparePruneDeliveries(db)];
  return {
    readQueue: (queue) => read(() => queues.one(queue)),
    listQueues: (agent) => read(() => queues.list(agent)),
    insertJobs: (insert) => write((transaction) => insertJobs(transaction, insert)),
    readJob: (id) => read(() => readJob(id)),
    listJobs: (options) => read(() => listJobs(options)),
    cancelJob: (id, at) => write((transaction) => cancelJob(transaction, id, at)),
    setJobPriority: (id, priority) => write(() => setJobPriority(id, priority)),
    countPriorities: (batchId) => read(() => countPriorities(batchId)),
    readJobOrder: (batchId) => read(() => readOrder(batchId)),
    moveJobs: (batchId, rows) => write(() => moveJobs(batchId, rows)),
    closeStanding: (queue, batchId) => write(() => standing.close(queue, batchId)),
    reopenStanding: (queue, batchId) => write(() => standing.reopen(queue, batchId)),
    siftJobs: (sifting) => write((transaction) => siftJobs(transaction, sifting)),
    claimDeliveries: (options) => write(() => claim(options)),
    settleDelivery: (eventId, outcome) => write(() => settle(eventId, outcome)),
    listDeliveries: (options) => read(() => listDeliveries(options)),
    retryDelivery: (eventId, options) => write(() => retry(eventId, options)),
    pruneDeliveries: (options) => write(() => prune(options)),
  };
}
