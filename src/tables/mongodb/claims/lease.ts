import type { Document, Filter } from 'mongodb';

/** How long a claim lasts that is not renewed, in milliseconds. */
export const LEASE_MS = 60_000;

/**
 * The state of a document's processing, in its field `rowmill`. `claimed`: a batch has it until `until`, by the clock of
 * the server. `free`: it was given back. `failed`: its owner gave it up. `done`: its result is written.
 */
export interface Lease {
  owner: string | null;
  /** Counts the claims of the document. */
  epoch: number;
  state: 'claimed' | 'free' | 'failed' | 'done';
  until: Date | null;
}

/** A claim that has run out by the clock of the server: two machines may disagree about the time. */
const RUN_OUT: Document = {
  $lte: [{ $convert: { input: '$rowmill.until', to: 'long', onError: 0, onNull: 0 } }, { $toLong: '$$NOW' }],
};

const UNPROCESSED: Document = { processed: { $ne: true } };

/** Documents that a batch may claim: unprocessed ones of no other batch, which it has not given up itself. */
export function claimable(owner: string | undefined): Filter<Document> {
  const free = { 'rowmill.state': { $ne: 'claimed' }, ...(owner !== undefined && { 'rowmill.owner': { $ne: owner } }) };
  return { ...UNPROCESSED, $or: [free, { 'rowmill.state': 'claimed', $expr: RUN_OUT }] };
}

/** Documents that a batch had and gave up, or whose claim has run out: it may claim them once more to run them again. */
export function claimableAgain(owner: string): Filter<Document> {
  const free = { 'rowmill.state': { $ne: 'claimed' } };
  const own = { 'rowmill.owner': owner };
  return { ...UNPROCESSED, $or: [free, own, { 'rowmill.state': 'claimed', $expr: RUN_OUT }] };
}

/** Documents that a batch has. */
export function claimedBy(owner: string): Filter<Document> {
  return { 'rowmill.owner': owner, 'rowmill.state': 'claimed' };
}

/** Documents that were claimed fewer times than this. */
export function attemptsBelow(max: number): Filter<Document> {
  return { processing_attempts: { $not: { $gte: max } } };
}

/** The update of a claim: a new epoch, one more attempt, and the time of the server. */
export function claimUpdate(owner: string, leaseMs: number): Document[] {
  const lease = { owner, epoch: oneMore('$rowmill.epoch'), state: 'claimed', until: { $add: ['$$NOW', leaseMs] } };
  return [{ $set: { rowmill: lease, processing_attempts: oneMore('$processing_attempts') } }];
}

/** The update that lengthens a claim. */
export function renewUpdate(leaseMs: number): Document[] {
  return [{ $set: { 'rowmill.until': { $add: ['$$NOW', leaseMs] } } }];
}

/** The update of a document whose batch gave it up. */
export const FAILED_UPDATE: Document = { $set: { 'rowmill.state': 'failed', 'rowmill.until': null } };

/** The update of a document that goes back untried: other batches may claim it, and no attempt was made. */
export function releaseUpdate(): Document[] {
  const attempts = { $max: [0, { $subtract: ['$processing_attempts', 1] }] };
  return [
    { $set: { 'rowmill.state': 'free', 'rowmill.owner': null, 'rowmill.until': null, processing_attempts: attempts } },
  ];
}

/** The fields of a document whose result is written. */
export const DONE_FIELDS: Document = { processed: true, 'rowmill.state': 'done', 'rowmill.until': null };

function oneMore(path: string): Document {
  return { $add: [{ $cond: [{ $isNumber: path }, path, 0] }, 1] };
}
