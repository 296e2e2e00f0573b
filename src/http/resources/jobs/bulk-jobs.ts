import { createRoute, z } from '@hono/zod-openapi';
import type * as zod from 'zod';
import { AppError } from '../../../base/errors.ts';
import { parseJson } from '../../../base/json/exact-number.ts';
import { strict } from '../../../base/schema/strict-object.ts';
import type { Jobs } from '../../../jobs/jobs.ts';
import type { Caller } from '../../../runner/contract/caller.ts';
import { enqueuedJob, type JobRequest, jobRequest } from '../../../runner/contract/service/job.ts';
import type { HttpFace } from '../../face.ts';
import { invalidRequest } from '../../faults-of.ts';
import { idempotencyHeader } from '../../middleware/idempotency.ts';
import { FAULTS } from '../../problem.ts';

/** Maximum number of jobs in one request. */
const MAX_JOBS = 10_000;

const bulk = strict({
  jobs: z.array(jobRequest).min(1).max(MAX_JOBS).describe(`The jobs, at most ${MAX_JOBS}.`),
}).meta({ id: 'BulkJobs' });
const answer = z.object({ items: z.array(enqueuedJob) }).meta({ id: 'EnqueuedJobs' });

/** `/v1/jobs/bulk`: up to 10,000 jobs in one request, as one document or as a line of JSON for each job. */
export function addBulkJobsRoute({ app, limitBody }: HttpFace, { jobsOf }: { jobsOf: (caller: Caller) => Jobs }): void {
  const route = createRoute({
    method: 'post',
    path: '/v1/jobs/bulk',
    operationId: 'createJobs',
    tags: ['jobs'],
    summary: 'Enqueue many jobs',
    description:
      'All jobs are checked before one is enqueued. Each job is stored with the Idempotency-Key and its place: a repeated request, also after a crash, enqueues only what is missing.',
    middleware: limitBody(48),
    request: {
      headers: idempotencyHeader,
      body: {
        required: true,
        content: {
          'application/json': { schema: bulk },
          'application/x-ndjson': { schema: z.string().openapi({ description: 'A JobRequest on each line.' }) },
        },
      },
    },
    responses: {
      201: {
        description: 'The jobs, in the order of the request.',
        content: { 'application/json': { schema: answer } },
      },
      ...FAULTS,
    },
  });
  app.openAPIRegistry.registerPath(route);
  app.post('/v1/jobs/bulk', limitBody(48), async (c) => {
    const isLines = /^application\/(x-)?ndjson\b/i.test(c.req.header('content-type') ?? '');
    const requests = isLines ? await readLines(c.req.raw.body) : parse(bulk, parseBody(await c.req.text()), []).jobs;
    const given = c.req.header('idempotency-key');
    const key = given === undefined ? undefined : `bulk:${given.slice(0, 180)}`;
    const items = await jobsOf(c.get('caller')).enqueue(requests, { key });
    return c.json({ items }, 201);
  });
}

/** Reads a job from each line as it arrives; a faulty line is refused before the rest is read. */
async function readLines(body: ReadableStream<Uint8Array> | null): Promise<JobRequest[]> {
  const requests: JobRequest[] = [];
  let number = 0;
  const take = (line: string) => {
    number += 1;
    if (line.trim() === '') return;
    if (requests.length === MAX_JOBS) {
      throw new AppError('limit_exceeded', `The body has more than ${MAX_JOBS} jobs. Send them in several requests.`);
    }
    requests.push(parse(jobRequest, parseBody(line, number), [number]));
  };
  let rest = '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  }
  take(rest + decoder.decode());
  if (requests.length === 0) throw new AppError('invalid_arguments', 'The body has no jobs.');
  return requests;
}

function parse<Schema extends zod.ZodType>(schema: Schema, value: unknown, place: number[]): zod.output<Schema> {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data as zod.output<Schema>;
  const [line] = place;
  throw invalidRequest(error, line === undefined ? 'json' : `line ${line}`);
}

function parseBody(text: string, line?: number): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    const place = line === undefined ? 'The body' : `Line ${line} of the body`;
    throw new AppError('invalid_arguments', `${place} is not valid JSON.`, { cause });
  }
}
