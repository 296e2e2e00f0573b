import { parseJson } from '../../../src/base/json/exact-number.ts';
import type { BatchCall, BatchFormat, BatchReply, BatchRoute } from './batch-server.ts';
import { isEmbeddings } from './embeddings-format.ts';
import { type ItemOutcome, type Job, type JobItem, type Jobs, toLines } from './provider-jobs.ts';
import { openAiRefusal, responsesFormat } from './responses-format.ts';

const FILE = /^\/v1\/files\/([^/]+)\/content$/;
const JOB = /^\/v1\/batches(?:\/([^/]+)(\/cancel)?)?$/;

interface Line {
  custom_id: string;
  method: string;
  url: string;
  body: Record<string, unknown>;
}

interface Context {
  jobs: Jobs;
  /** Uploaded files by id. */
  files: Map<string, string>;
}

/** OpenAI's Files and Batches, on the endpoints that {@link responsesFormat} reads. */
export function openAiBatchFormat(jobs: Jobs): BatchFormat {
  const context: Context = { jobs, files: new Map() };
  return {
    routeOf({ method, path }) {
      if (path === '/v1/files' && method === 'POST') return 'upload';
      if (FILE.test(path)) return 'results';
      const [isKnown, id, action] = JOB.exec(path) ?? [];
      if (isKnown === undefined) return undefined;
      if (id === undefined) return method === 'POST' ? 'create' : 'list';
      return action === undefined ? 'status' : 'cancel';
    },
    answer: (route, call) => answer(context, route, call),
    refuse: openAiRefusal,
  };
}

async function answer(context: Context, route: BatchRoute, call: BatchCall): Promise<BatchReply> {
  const { jobs } = context;
  switch (route) {
    case 'upload':
      return upload(context, call);
    case 'create':
      return create(context, call);
    case 'list':
      return list(jobs, call);
    case 'results':
      return { body: file(jobs, FILE.exec(call.path)?.[1] ?? '') };
    default: {
      const job = jobs.byId(JOB.exec(call.path)?.[1] ?? '');
      if (job === undefined) return openAiRefusal('model', 'No such batch');
      if (route === 'status') return { body: toBatch(jobs, jobs.advance(job)) };
      if (jobs.isOver(job)) return { ...openAiRefusal('invalid', 'Cannot cancel a batch that is over'), status: 409 };
      job.isCancelling = true;
      return { body: toBatch(jobs, job) };
    }
  }
}

async function upload({ files }: Context, { body, headers }: BatchCall): Promise<BatchReply> {
  const type = headers['content-type'] ?? '';
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  const sent = form.get('file');
  if (!(sent instanceof File) || form.get('purpose') !== 'batch') return openAiRefusal('invalid', 'no batch file');
  const id = `file-${files.size + 1}`;
  files.set(id, await sent.text());
  return { body: { id, object: 'file', bytes: sent.size, filename: sent.name, purpose: 'batch' } };
}

function create({ jobs, files }: Context, { body }: BatchCall): BatchReply {
  const params = parseJson(body.toString('utf8')) as {
    input_file_id: string;
    endpoint: string;
    metadata?: Record<string, string>;
  };
  const text = files.get(params.input_file_id);
  if (text === undefined) return openAiRefusal('invalid', 'no such file');
  const items = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): JobItem => {
      const { custom_id: id, url, body: request } = parseJson(line) as Line;
      const read = url === params.endpoint ? responsesFormat.read(url, request) : undefined;
      if (read === undefined) throw new Error(`a line's url is ${url}`);
      return { id, request: read };
    });
  const job = jobs.add(`batch_${jobs.jobs.length + 1}`, items, JSON.stringify(params.metadata ?? {}));
  return { body: toBatch(jobs, job) };
}

/** Two a page. */
function list(jobs: Jobs, { query }: BatchCall): BatchReply {
  const start = jobs.jobs.findIndex(({ id }) => id === query.get('after')) + 1;
  const data = jobs.jobs.slice(start, start + 2).map((job) => toBatch(jobs, job));
  return { body: { object: 'list', data, has_more: start + 2 < jobs.jobs.length } };
}

const STATUSES: { [state in Job['state']]: string } = {
  queued: 'validating',
  running: 'in_progress',
  ended: 'completed',
  failed: 'failed',
  expired: 'expired',
  cancelled: 'cancelled',
};

function toBatch(jobs: Jobs, job: Job): unknown {
  const hasFiles = jobs.isOver(job) && job.state !== 'failed';
  const { total, answered, refused } = hasFiles ? jobs.counts(job) : { total: 0, answered: 0, refused: 0 };
  const isStopping = job.isCancelling && !jobs.isOver(job);
  const reason = { code: 'invalid_json_line', line: 3, message: 'This line is not parseable as valid JSON.' };
  return {
    id: job.id,
    object: 'batch',
    endpoint: job.items.some(({ request }) => isEmbeddings(request)) ? '/v1/embeddings' : '/v1/responses',
    completion_window: '24h',
    created_at: Math.floor(job.createdAt / 1000),
    status: isStopping ? 'cancelling' : STATUSES[job.state],
    ...(hasFiles ? { output_file_id: `out-${job.id}`, error_file_id: `err-${job.id}` } : {}),
    errors: job.state === 'failed' ? { object: 'list', data: [reason] } : null,
    request_counts: { total, completed: answered, failed: refused },
    metadata: parseJson(job.label ?? '{}') as unknown,
  };
}

/** The output file has the answers, the error file the rest. */
function file(jobs: Jobs, id: string): string {
  const job = jobs.byId(id.slice(4));
  if (job === undefined) throw new Error(`no such file ${id}`);
  const isOutput = ({ outcome }: ItemOutcome) => !('item' in outcome) || outcome.item === 'broken';
  const wanted = jobs.outcomes(job).filter((item) => isOutput(item) === id.startsWith('out-'));
  return toLines(wanted, toResult);
}

function toResult({ id, request, number, outcome }: ItemOutcome): unknown {
  const head = { id: `batch_req_${number}`, custom_id: id };
  if (!('item' in outcome)) {
    const body = parseJson(String(responsesFormat.write(outcome, request, number).pieces[0])) as unknown;
    return { ...head, response: { status_code: 200, request_id: `req_test_${number}`, body }, error: null };
  }
  if (outcome.item === 'refused') {
    const { status, body } = openAiRefusal(outcome.kind, outcome.message ?? 'a fault of the test');
    return { ...head, response: { status_code: status, request_id: `req_test_${number}`, body }, error: null };
  }
  const code = outcome.item === 'cancelled' ? 'batch_cancelled' : 'batch_expired';
  return { ...head, response: null, error: { code, message: 'This request could not be executed in time.' } };
}
