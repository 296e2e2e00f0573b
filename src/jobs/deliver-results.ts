import { createHmac } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import { createPublicLookup, requirePublicHost } from '../base/addresses/public-address.ts';
import { type Clock, isoTime } from '../base/clock.ts';
import { AppError, toAppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { JobReport } from '../runner/contract/service/job.ts';
import type { Delivery, DeliveryOutcome, JobStore } from '../storage/jobs.ts';
import type { Callbacks } from './callbacks.ts';

/** How the id of an alert starts. */
const ALERT = 'alr_';
const LOOK_MS = 1_000;
const TIMEOUT_MS = 10_000;
/** How long other processes leave a delivery alone that this one has taken. */
const TAKEN_MS = 60_000;
const AT_ONCE = 10;
const MAX_REDIRECTS = 3;
const FIRST_WAIT_MS = 5_000;
const MAX_WAIT_MS = 3_600_000;
/** With the waits between them, about nine hours. */
const MAX_ATTEMPTS = 15;

/** What sending results needs. */
export interface DeliveryParts {
  store: Pick<JobStore, 'claimDeliveries' | 'settleDelivery'>;
  show: (jobId: string) => Promise<JobReport>;
  callbacks: Callbacks;
  /** What is sent for deliveries that are about an alert, and which receivers may get it. */
  alerts?: { messageOf: (delivery: Delivery) => Promise<{ url: URL; body: string }>; callbacks: Callbacks };
  /** The key of the signatures. */
  secret: string;
  clock: Clock;
  log: Log;
  /** How long a receiver may take to answer. Default 10,000. */
  timeoutMs?: number;
}

/** Sends the results of jobs to their receivers until `signal` fires. A delivery is a row of the store. */
export async function deliverResults(parts: DeliveryParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      while (!signal.aborted && (await deliverDue(parts, signal)) > 0);
    } catch (thrown) {
      parts.log.error({ code: toAppError(thrown).code }, 'results were not sent');
    }
    await parts.clock.sleep(LOOK_MS, signal).catch(() => undefined);
  }
}

/** Makes one attempt at each due delivery, a few at a time. Resolves to their number. */
export async function deliverDue(parts: DeliveryParts, signal: AbortSignal): Promise<number> {
  const { store, clock, log } = parts;
  const now = clock.now();
  const due = await store.claimDeliveries({ now, until: now + TAKEN_MS, limit: AT_ONCE });
  await Promise.all(
    due.map(async (delivery) => {
      const outcome = await attempt(delivery, parts, signal);
      if (outcome.state === 'dead') log.warn({ event: delivery.eventId }, 'a result could not be delivered');
      await store.settleDelivery(delivery.eventId, outcome);
    }),
  );
  return due.length;
}

async function attempt(delivery: Delivery, parts: DeliveryParts, signal: AbortSignal): Promise<DeliveryOutcome> {
  const { eventId, jobId, attempts } = delivery;
  const { secret, clock, alerts } = parts;
  try {
    const isAlert = alerts !== undefined && jobId.startsWith(ALERT);
    const { url, body } = isAlert ? await alerts.messageOf(delivery) : await jobMessage(delivery, parts);
    const callbacks = isAlert ? alerts.callbacks : parts.callbacks;
    const headers = signed(body, { eventId, secret, now: clock.now() });
    await send(url, { body, headers }, { ...parts, callbacks }, signal);
    return { state: 'delivered' };
  } catch (thrown) {
    const error = toAppError(thrown).message.slice(0, 300);
    if (attempts >= MAX_ATTEMPTS) return { state: 'dead', error };
    return { state: 'pending', error, nextAt: clock.now() + waitAfter(attempts) };
  }
}

async function jobMessage({ eventId, jobId, url, createdAt }: Delivery, { show }: DeliveryParts) {
  const job = await show(jobId);
  const created_at = isoTime(createdAt);
  return { url: new URL(url), body: JSON.stringify({ id: eventId, type: `job.${job.state}`, created_at, data: job }) };
}

/** Doubles from five seconds to an hour. */
export function waitAfter(attempts: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (attempts - 1), MAX_WAIT_MS);
}

/** The headers of a delivery. The signature is HMAC-SHA256 over `timestamp.body`. */
function signed(body: string, { eventId, secret, now }: { eventId: string; secret: string; now: number }) {
  const timestamp = String(Math.floor(now / 1000));
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'rowmill',
    'rowmill-event-id': eventId,
    'rowmill-timestamp': timestamp,
    ...(secret !== '' && { 'rowmill-signature': `v1=${signature}` }),
  };
}

interface Message {
  body: string;
  headers: { [name: string]: string };
}

/** Follows redirects that keep the method; each place must be on the allow-list, and its address be allowed. */
async function send(
  first: URL,
  message: Message,
  { callbacks, timeoutMs = TIMEOUT_MS }: DeliveryParts,
  signal: AbortSignal,
): Promise<void> {
  let url = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    callbacks.check(url.href);
    const isPrivate = callbacks.mayBePrivate(url);
    if (!isPrivate) requirePublicHost(url.hostname);
    const { status, location } = await post(url, message, { isPrivate, signal, timeoutMs });
    if (status >= 200 && status < 300) return;
    if ((status !== 307 && status !== 308) || location === undefined) {
      throw new AppError('location_unavailable', `${url.origin} answered with status ${status}.`);
    }
    url = new URL(location, url);
  }
  throw new AppError('location_unavailable', `${first.origin} redirects more than ${MAX_REDIRECTS} times.`);
}

/** Sends one request. The body of the answer is neither kept nor shown. */
function post(
  url: URL,
  { body, headers }: Message,
  { isPrivate, signal, timeoutMs }: { isPrivate: boolean; signal: AbortSignal; timeoutMs: number },
): Promise<{ status: number; location: string | undefined }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; location: string | undefined }>();
  const { request } = url.protocol === 'https:' ? https : http;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const sent = request(
    url,
    { method: 'POST', headers, signal: limit, ...(!isPrivate && { lookup: createPublicLookup() }) },
    (answer) => {
      resolve({ status: answer.statusCode ?? 0, location: answer.headers.location });
      answer.destroy();
    },
  );
  sent.on('error', (error) => {
    reject(limit.aborted ? new AppError('location_unavailable', `${url.origin} did not answer in time.`) : error);
  });
  sent.end(body);
  return promise;
}
