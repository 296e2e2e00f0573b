import { parseJson } from '../../../src/base/json/exact-number.ts';
import { toWireMessage, type WireRequest } from '../messages-wire.ts';
import type { TestS3 } from '../s3.ts';
import type { BatchCall, BatchFormat, BatchReply, BatchRoute } from './batch-server.ts';
import { type ItemOutcome, type Job, type Jobs, toLines } from './provider-jobs.ts';
import type { RefusalKind } from './wire-server.ts';

const JOB = /^\/model-invocation-job\/(arn:.+?)(\/stop)?$/;
const NAME = /^[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9+\-.]){0,63}$/;
const TOKEN = /^[a-zA-Z0-9]{1,256}(-*[a-zA-Z0-9]){0,256}$/;

interface Params {
  jobName: string;
  clientRequestToken: string;
  modelId: string;
  roleArn: string;
  inputDataConfig: { s3InputDataConfig: { s3Uri: string } };
  outputDataConfig: { s3OutputDataConfig: { s3Uri: string } };
}

interface Context {
  jobs: Jobs;
  s3: TestS3;
  /** By ARN. */
  params: Map<string, Params>;
  /** Jobs whose results are in the bucket. */
  written: Set<string>;
}

/** Bedrock's batch inference jobs, which read and write the bucket of a test's S3 server. */
export function bedrockBatchFormat(jobs: Jobs, s3: TestS3): BatchFormat {
  const context: Context = { jobs, s3, params: new Map(), written: new Set() };
  return {
    routeOf({ path, method }) {
      if (path === '/model-invocation-job' && method === 'POST') return 'create';
      if (path === '/model-invocation-jobs') return 'list';
      const [isKnown, , action] = JOB.exec(path) ?? [];
      if (isKnown === undefined) return undefined;
      return action === undefined ? 'status' : 'cancel';
    },
    answer: (route, call) => answer(context, route, call),
    refuse,
  };
}

const REFUSALS: { [kind in RefusalKind]: [number, string] } = {
  key: [403, 'UnrecognizedClientException'],
  permission: [403, 'AccessDeniedException'],
  model: [404, 'ResourceNotFoundException'],
  invalid: [400, 'ValidationException'],
  'too-long': [400, 'ValidationException'],
  rate: [429, 'ThrottlingException'],
  spend: [400, 'ServiceQuotaExceededException'],
  server: [500, 'InternalServerException'],
  overloaded: [503, 'ServiceUnavailableException'],
  timeout: [504, 'GatewayTimeoutException'],
};

function refuse(kind: RefusalKind, message: string): BatchReply {
  const [status, type] = REFUSALS[kind];
  return { status, headers: { 'x-amzn-errortype': type }, body: { message } };
}

async function answer(context: Context, route: BatchRoute, call: BatchCall): Promise<BatchReply> {
  const { jobs } = context;
  if (route === 'create') return create(context, call);
  if (route === 'list') return list(context, call);
  const job = jobs.byId(JOB.exec(call.path)?.[1] ?? '');
  if (job === undefined) return refuse('model', 'no such job');
  if (route === 'status') {
    jobs.advance(job);
    if (jobs.isOver(job)) await writeResults(context, job);
    return { body: toSummary(context, job) };
  }
  if (jobs.isOver(job)) return refuse('invalid', 'the job is over');
  job.isCancelling = true;
  return { body: {} };
}

async function create(context: Context, { body }: BatchCall): Promise<BatchReply> {
  const { jobs, s3, params } = context;
  const given = parseJson(body.toString('utf8')) as Params;
  const known = [...params].find(([, { clientRequestToken: token }]) => token === given.clientRequestToken);
  if (known !== undefined) return { body: { jobArn: known[0] } };
  if (!NAME.test(given.jobName) || given.jobName.length > 63)
    return refuse('invalid', 'jobName must match its pattern');
  if (!TOKEN.test(given.clientRequestToken)) return refuse('invalid', 'clientRequestToken must match its pattern');
  const uri = given.inputDataConfig.s3InputDataConfig.s3Uri;
  const text = (await s3.get(uri.slice(`s3://${s3.bucket}/`.length))).toString('utf8');
  const items = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { recordId, modelInput } = parseJson(line) as { recordId: string; modelInput: WireRequest };
      if (modelInput['anthropic_version'] !== 'bedrock-2023-05-31') throw new Error('anthropic_version is missing');
      return { id: recordId, request: { ...modelInput, model: given.modelId } };
    });
  const arn = `arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/job${jobs.jobs.length + 1}`;
  const job = jobs.add(arn, items, given.jobName);
  params.set(arn, given);
  if (jobs.isOver(job)) await writeResults(context, job);
  return { body: { jobArn: arn } };
}

/** Two a page. */
function list(context: Context, { query }: BatchCall): BatchReply {
  const all = context.jobs.jobs.filter(({ label }) => label?.includes(query.get('nameContains') ?? ''));
  const start = Number(query.get('nextToken') ?? 0);
  const invocationJobSummaries = all.slice(start, start + 2).map((job) => toSummary(context, job));
  const more = start + 2 < all.length ? { nextToken: String(start + 2) } : {};
  return { body: { invocationJobSummaries, ...more } };
}

const STATUSES: { [state in Job['state']]: string } = {
  queued: 'Submitted',
  running: 'InProgress',
  ended: 'Completed',
  failed: 'Failed',
  expired: 'Expired',
  cancelled: 'Stopped',
};

function toSummary({ jobs, params }: Context, job: Job): unknown {
  const given = params.get(job.id);
  return {
    jobArn: job.id,
    jobName: job.label,
    modelId: given?.modelId,
    roleArn: given?.roleArn,
    clientRequestToken: given?.clientRequestToken,
    status: job.isCancelling && !jobs.isOver(job) ? 'Stopping' : STATUSES[job.state],
    submitTime: new Date(job.createdAt).toISOString(),
    inputDataConfig: given?.inputDataConfig,
    outputDataConfig: given?.outputDataConfig,
    ...(job.state === 'failed' ? { message: 'The job has fewer records than it needs.' } : {}),
  };
}

async function writeResults({ jobs, s3, params, written }: Context, job: Job): Promise<void> {
  if (job.state === 'failed' || written.has(job.id)) return;
  written.add(job.id);
  const uri = params.get(job.id)?.outputDataConfig.s3OutputDataConfig.s3Uri ?? '';
  const folder = `${uri.slice(`s3://${s3.bucket}/`.length)}${job.id.split('/').at(-1)}/`;
  const done = jobs.outcomes(job).filter(({ outcome }) => !('item' in outcome) || !isUndone(outcome.item));
  await s3.put(`${folder}requests.jsonl.out`, toLines(done, toResult));
  const { total, answered, refused } = jobs.counts(job);
  const counts = { totalRecordCount: total, successRecordCount: answered, errorRecordCount: refused };
  await s3.put(`${folder}manifest.json.out`, JSON.stringify({ ...counts, processedRecordCount: answered + refused }));
}

/** An item that was not processed has no line. */
function isUndone(item: string): boolean {
  return item === 'expired' || item === 'cancelled';
}

function toResult({ id, request, number, outcome }: ItemOutcome): unknown {
  const { model: _model, ...modelInput } = request;
  const head = { modelInput, recordId: id };
  if (!('item' in outcome)) return { ...head, modelOutput: toWireMessage(outcome, request, number) };
  const kind = outcome.item === 'refused' ? outcome.kind : 'server';
  const message = outcome.item === 'refused' ? outcome.message : undefined;
  return { ...head, error: { errorCode: REFUSALS[kind][0], errorMessage: message ?? 'a fault of the test' } };
}
