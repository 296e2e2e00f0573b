import { parseJson } from '../../../src/base/json/exact-number.ts';
import { toWireMessage, type WireRequest } from '../messages-wire.ts';
import type { BatchCall, BatchFormat, BatchReply, BatchRoute } from './batch-server.ts';
import { type ItemOutcome, type Job, type Jobs, toLines } from './provider-jobs.ts';
import type { RefusalKind } from './wire-server.ts';

const CUSTOM_ID = /^[a-zA-Z0-9_-]{1,64}$/;
const PATH = /^\/v1\/messages\/batches(?:\/([^/]+)(\/results|\/cancel)?)?$/;

/** Anthropic's Message Batches. */
export function anthropicBatchFormat(jobs: Jobs): BatchFormat {
  return {
    routeOf({ method, path }) {
      const [isKnown, id, action] = PATH.exec(path) ?? [];
      if (isKnown === undefined) return undefined;
      if (id === undefined) return method === 'POST' ? 'create' : 'list';
      if (action === '/results') return 'results';
      return action === '/cancel' ? 'cancel' : 'status';
    },
    answer: (route, call) => answer(jobs, route, call),
    refuse,
  };
}

const REFUSALS: { [kind in RefusalKind]: [number, string] } = {
  key: [401, 'authentication_error'],
  permission: [403, 'permission_error'],
  model: [404, 'not_found_error'],
  invalid: [400, 'invalid_request_error'],
  'too-long': [400, 'invalid_request_error'],
  rate: [429, 'rate_limit_error'],
  spend: [402, 'billing_error'],
  server: [500, 'api_error'],
  overloaded: [529, 'overloaded_error'],
  timeout: [504, 'timeout_error'],
};

function refuse(kind: RefusalKind, message: string): BatchReply {
  const [status, type] = REFUSALS[kind];
  return { status, body: { type: 'error', error: { type, message }, request_id: 'req_test' } };
}

function answer(jobs: Jobs, route: BatchRoute, call: BatchCall): BatchReply {
  if (route === 'create') return create(jobs, call);
  if (route === 'list') return list(jobs, call);
  const job = jobs.byId(PATH.exec(call.path)?.[1] ?? '');
  if (job === undefined) return refuse('model', 'no such batch');
  if (route === 'results') {
    if (!jobs.isOver(job)) return refuse('model', 'no results yet');
    return { body: toLines(jobs.outcomes(job), toResult), headers: { 'content-type': 'application/x-jsonl' } };
  }
  if (route === 'cancel') {
    if (jobs.isOver(job)) return refuse('invalid', 'the batch has ended');
    job.isCancelling = true;
    return { body: toBatch(jobs, job, call) };
  }
  return { body: toBatch(jobs, jobs.advance(job), call) };
}

function create(jobs: Jobs, { body, url }: BatchCall): BatchReply {
  const { requests } = parseJson(body.toString('utf8')) as { requests: { custom_id: string; params: WireRequest }[] };
  const ids = requests.map(({ custom_id: id }) => id);
  if (new Set(ids).size < ids.length) return refuse('invalid', 'custom_id must be unique');
  if (!ids.every((id) => CUSTOM_ID.test(id))) return refuse('invalid', 'custom_id must match its pattern');
  if (requests.some(({ params }) => 'stream' in params)) return refuse('invalid', 'stream is not permitted');
  const job = jobs.add(
    `msgbatch_${jobs.jobs.length + 1}`,
    requests.map(({ custom_id: id, params }) => ({ id, request: params })),
  );
  return { body: toBatch(jobs, job, { url }) };
}

/** Newest first, two a page. */
function list(jobs: Jobs, { query, url }: BatchCall): BatchReply {
  const all = jobs.jobs.toReversed();
  const start = all.findIndex(({ id }) => id === query.get('after_id')) + 1;
  const page = all.slice(start, start + 2);
  const data = page.map((job) => toBatch(jobs, job, { url }));
  const ends = { first_id: page[0]?.id ?? null, last_id: page.at(-1)?.id ?? null };
  return { body: { data, has_more: start + 2 < all.length, ...ends } };
}

function toBatch(jobs: Jobs, job: Job, { url }: Pick<BatchCall, 'url'>): unknown {
  const isOver = jobs.isOver(job);
  const told = isOver ? jobs.counts(job) : undefined;
  return {
    id: job.id,
    type: 'message_batch',
    processing_status: isOver ? 'ended' : job.isCancelling ? 'canceling' : 'in_progress',
    request_counts: {
      processing: isOver ? 0 : job.items.length,
      succeeded: told?.answered ?? 0,
      errored: told?.refused ?? 0,
      canceled: told?.cancelled ?? 0,
      expired: told?.expired ?? 0,
    },
    created_at: new Date(job.createdAt).toISOString(),
    expires_at: new Date(job.createdAt + 86_400_000).toISOString(),
    ended_at: isOver ? new Date().toISOString() : null,
    archived_at: null,
    cancel_initiated_at: job.isCancelling ? new Date().toISOString() : null,
    results_url: isOver ? `${url}/v1/messages/batches/${job.id}/results` : null,
  };
}

function toResult({ id, request, number, outcome }: ItemOutcome): unknown {
  if (!('item' in outcome)) {
    return { custom_id: id, result: { type: 'succeeded', message: toWireMessage(outcome, request, number) } };
  }
  if (outcome.item === 'refused') {
    const { body: error } = refuse(outcome.kind, outcome.message ?? 'a fault of the test');
    return { custom_id: id, result: { type: 'errored', error } };
  }
  return { custom_id: id, result: { type: outcome.item === 'cancelled' ? 'canceled' : 'expired' } };
}
