import { parseJson } from '../../../src/base/json/exact-number.ts';
import type { BatchCall, BatchFormat, BatchReply, BatchRoute } from './batch-server.ts';
import { geminiFormat } from './gemini-format.ts';
import { type ItemOutcome, type Job, type JobItem, type Jobs, toLines } from './provider-jobs.ts';

type Fields = Record<string, unknown>;

const CREATE = /\/models\/([^/:]+):batchGenerateContent$/;
const JOB = /^\/v1[a-z]*\/(batches\/[^/:]+)(:cancel)?$/;
const UPLOAD = /^\/upload\/(?:v1[a-z]*\/files|part\/(\d+))$/;
const DOWNLOAD = /\/files\/out([^/:]+):download$/;

interface Context {
  jobs: Jobs;
  /** Uploaded files, by number. */
  files: Buffer[];
  /** Names of jobs whose requests came inline. */
  inline: Set<string>;
}

/** Gemini's Files and Batches. */
export function geminiBatchFormat(jobs: Jobs): BatchFormat {
  const context: Context = { jobs, files: [], inline: new Set() };
  return {
    routeOf({ path, method }) {
      if (UPLOAD.test(path)) return 'upload';
      if (CREATE.test(path)) return 'create';
      if (DOWNLOAD.test(path)) return 'results';
      if (/^\/v1[a-z]*\/batches$/.test(path) && method === 'GET') return 'list';
      const [isKnown, , action] = JOB.exec(path) ?? [];
      if (isKnown === undefined) return undefined;
      return action === undefined ? 'status' : 'cancel';
    },
    answer: (route, call) => answer(context, route, call),
    refuse: geminiFormat.refuse,
  };
}

function answer(context: Context, route: BatchRoute, call: BatchCall): BatchReply {
  const { jobs } = context;
  switch (route) {
    case 'upload':
      return upload(context, call);
    case 'create':
      return create(context, call);
    case 'list':
      return list(context, call);
    case 'results': {
      const job = jobs.byId(`batches/${DOWNLOAD.exec(call.path)?.[1]}`);
      if (job === undefined) return geminiFormat.refuse('model', 'no such file');
      return { body: toLines(jobs.outcomes(job), (item) => ({ key: item.id, ...toResult(item) })) };
    }
    default: {
      const job = jobs.byId(JOB.exec(call.path)?.[1] ?? '');
      if (job === undefined) return geminiFormat.refuse('model', 'no such batch');
      if (route === 'status') return { body: toBatch(context, jobs.advance(job)) };
      if (jobs.isOver(job)) return geminiFormat.refuse('invalid', 'the batch is over');
      job.isCancelling = true;
      return { body: {} };
    }
  }
}

/** The resumable protocol: a call that starts the upload, then the parts. */
function upload({ files }: Context, { path, url, headers, body }: BatchCall): BatchReply {
  const [, part] = UPLOAD.exec(path) ?? [];
  if (part === undefined) {
    files.push(Buffer.alloc(0));
    return { headers: { 'x-goog-upload-url': `${url}/upload/part/${files.length - 1}` }, body: {} };
  }
  // Parts may be split anywhere, also in the middle of a character.
  files[Number(part)] = Buffer.concat([files[Number(part)] ?? Buffer.alloc(0), body]);
  const isLast = String(headers['x-goog-upload-command']).includes('finalize');
  const file = { name: `files/in${part}`, uri: `${url}/v1/files/in${part}` };
  return { headers: { 'x-goog-upload-status': isLast ? 'final' : 'active' }, body: { file } };
}

function create(context: Context, { path, body }: BatchCall): BatchReply {
  const { jobs, files, inline } = context;
  const model = CREATE.exec(path)?.[1] ?? '';
  const { batch } = parseJson(body.toString('utf8')) as {
    batch: { displayName?: string; inputConfig: { fileName?: string; requests?: { requests: Fields[] } } };
  };
  const { fileName, requests } = batch.inputConfig;
  const lines =
    fileName === undefined
      ? (requests?.requests ?? []).map(({ metadata, request }) => ({ key: (metadata as Fields)['key'], request }))
      : String(files[Number(fileName.slice('files/in'.length))] ?? '')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => parseJson(line) as Fields);
  const items = lines.map(({ key, request }): JobItem => {
    const read = geminiFormat.read(`/v1/models/${model}:generateContent`, request as Fields);
    if (read === undefined) throw new Error(`${model} can not be read`);
    return { id: String(key), request: read };
  });
  const job = jobs.add(`batches/${jobs.jobs.length + 1}`, items, batch.displayName);
  if (fileName === undefined) inline.add(job.id);
  return { body: toBatch(context, job) };
}

/** Two a page. */
function list(context: Context, { query }: BatchCall): BatchReply {
  const { jobs } = context.jobs;
  const start = Number(query.get('pageToken') ?? 0);
  const operations = jobs.slice(start, start + 2).map((job) => toBatch(context, job));
  const more = start + 2 < jobs.length ? { nextPageToken: String(start + 2) } : {};
  return { body: { operations, ...more } };
}

const STATES: { [state in Job['state']]: string } = {
  queued: 'BATCH_STATE_PENDING',
  running: 'BATCH_STATE_RUNNING',
  ended: 'BATCH_STATE_SUCCEEDED',
  failed: 'BATCH_STATE_FAILED',
  expired: 'BATCH_STATE_EXPIRED',
  cancelled: 'BATCH_STATE_CANCELLED',
};

/** Jobs that failed, expired or were cancelled return nothing. */
function toBatch({ jobs, inline }: Context, job: Job): unknown {
  const toInline = (item: ItemOutcome) =>
    'item' in item.outcome && item.outcome.item === 'missing'
      ? []
      : [{ metadata: { key: item.id }, ...toResult(item) }];
  const output = () =>
    inline.has(job.id)
      ? { inlinedResponses: { inlinedResponses: jobs.outcomes(job).flatMap(toInline) } }
      : { responsesFile: `files/out${job.id.slice('batches/'.length)}` };
  return {
    name: job.id,
    metadata: {
      '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch',
      displayName: job.label,
      state: STATES[job.state],
      createTime: new Date(job.createdAt).toISOString(),
      ...(job.state === 'ended' ? { output: output() } : {}),
    },
    done: jobs.isOver(job),
    ...(job.state === 'failed' ? { error: { code: 3, message: 'line 3 is not valid' } } : {}),
  };
}

const RPC_CODES: Record<number, number> = { 400: 3, 403: 7, 404: 5, 429: 8, 500: 13, 503: 14, 504: 4 };

function toResult({ request, number, outcome }: ItemOutcome): Fields {
  if ('item' in outcome) {
    if (outcome.item !== 'refused') throw new Error(`Gemini has no item that is ${outcome.item}`);
    const message = outcome.message ?? 'a fault of the test';
    const { status } = geminiFormat.refuse(outcome.kind, message);
    return { error: { code: RPC_CODES[status] ?? 13, message } };
  }
  return { response: parseJson(String(geminiFormat.write(outcome, request, number).pieces[0])) as unknown };
}
