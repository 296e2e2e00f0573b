import { createRoute, z } from '@hono/zod-openapi';
import { AppError, toAppError } from '../../../base/errors.ts';
import { strict } from '../../../base/schema/strict-object.ts';
import type { Jobs } from '../../../jobs/jobs.ts';
import type { Caller } from '../../../runner/contract/caller.ts';
import { JOB_STATES, jobReport, jobRequest } from '../../../runner/contract/service/job.ts';
import { approvalOf } from '../../approval.ts';
import type { HttpFace } from '../../face.ts';
import { idempotencyHeader } from '../../middleware/idempotency.ts';
import { createPages, pageOf, pageQuery } from '../../pages.ts';
import type { StartParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';

const shown = jobReport.meta({ id: 'Job' });
const one = { content: { 'application/json': { schema: shown } } };
const params = z.object({ job: z.string().min(1).max(80).openapi({ description: 'The id of the job.' }) });
const tags = ['jobs'];
const single = strict({
  ...jobRequest.shape,
  mode: z.enum(['queue', 'now']).default('queue').describe('now: run it at once, in real time, at the full price.'),
}).meta({ id: 'JobRequest' });
const change = strict({ priority: jobRequest.shape.priority.unwrap() }).meta({ id: 'JobChange' });
const pages = createPages('jobs', z.string());
const query = strict({
  ...pageQuery(),
  agent: z.string().min(1).optional().openapi({ description: 'Only jobs of this agent.' }),
  state: z.enum(JOB_STATES).optional().openapi({ description: 'Only jobs in this state.' }),
});

/** `/v1/jobs`: one input for one agent each. */
export function addJobRoutes(
  { app, limitBody, idempotent }: HttpFace,
  { jobsOf, approval }: Pick<StartParts, 'approval'> & { jobsOf: (caller: Caller) => Jobs },
): void {
  const create = createRoute({
    method: 'post',
    path: '/v1/jobs',
    operationId: 'createJob',
    tags,
    summary: 'Enqueue one input for one agent, or run it at once',
    middleware: [limitBody(4), idempotent()],
    request: {
      headers: idempotencyHeader,
      body: { required: true, content: { 'application/json': { schema: single } } },
    },
    responses: { 201: { description: 'The job.', ...one }, ...FAULTS },
  });
  app.openapi(create, async (c) => {
    const { mode, ...request } = c.req.valid('json');
    const jobs = jobsOf(c.get('caller'));
    const { accepted_usd, max_cost_usd } = request;
    const asked = { accepted_usd, max_cost_usd };
    const key = c.get('idempotencyKey');
    const id = await ofOneJob(async () =>
      mode === 'now'
        ? (await jobs.runNow(request, approvalOf(asked, key, approval(c.get('caller'))))).job.job_id
        : (await jobs.enqueue([request], { key }))[0]?.job_id,
    );
    if (id === undefined) throw new AppError('internal', 'The job was not stored.');
    c.header('Location', `/v1/jobs/${id}`);
    return c.json(await jobs.show(id), 201);
  });

  const list = createRoute({
    method: 'get',
    path: '/v1/jobs',
    operationId: 'listJobs',
    tags,
    summary: 'List jobs, the newest first',
    request: { query },
    responses: {
      200: { description: 'A page.', content: { 'application/json': { schema: pageOf(shown) } } },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) => {
    const { cursor, limit, agent, state } = c.req.valid('query');
    const before = pages.positionOf(cursor);
    const found = await jobsOf(c.get('caller')).list({
      limit: limit + 1,
      ...(before !== undefined && { before }),
      ...(agent !== undefined && { agent }),
      ...(state !== undefined && { state }),
    });
    const items = found.slice(0, limit);
    const last = found.length > limit ? items.at(-1) : undefined;
    return c.json({ items, next_cursor: last === undefined ? null : pages.cursorAt(last.job_id) }, 200);
  });

  const read = createRoute({
    method: 'get',
    path: '/v1/jobs/{job}',
    operationId: 'readJob',
    tags,
    summary: 'The state, result and cost of a job',
    request: { params },
    responses: { 200: { description: 'The job.', ...one }, ...FAULTS },
  });
  app.openapi(read, async (c) => c.json(await jobsOf(c.get('caller')).show(c.req.valid('param').job), 200));

  const cancel = createRoute({
    method: 'post',
    path: '/v1/jobs/{job}/cancel',
    operationId: 'cancelJob',
    tags,
    summary: 'Cancel a job that has not started',
    request: { params },
    responses: { 200: { description: 'The job.', ...one }, ...FAULTS },
  });
  app.openapi(cancel, async (c) => c.json(await jobsOf(c.get('caller')).cancel(c.req.valid('param').job), 200));

  const move = createRoute({
    method: 'patch',
    path: '/v1/jobs/{job}',
    operationId: 'changeJob',
    tags,
    summary: 'Change the priority of a job that waits',
    middleware: limitBody(1),
    request: { params, body: { required: true, content: { 'application/json': { schema: change } } } },
    responses: { 200: { description: 'The job.', ...one }, ...FAULTS },
  });
  app.openapi(move, async (c) => {
    const jobs = jobsOf(c.get('caller'));
    return c.json(await jobs.setPriority(c.req.valid('param').job, c.req.valid('json').priority), 200);
  });
}

/** The only job of a request is its body: a fault is placed there, such as `body.input.address`. */
async function ofOneJob<Result>(send: () => Promise<Result>): Promise<Result> {
  try {
    return await send();
  } catch (thrown) {
    const error = toAppError(thrown);
    if (!error.faults.some(({ place }) => place.startsWith('jobs[0]'))) throw thrown;
    const faults = error.faults.map((fault) => ({ ...fault, place: fault.place.replace(/^jobs\[0\]/, 'body') }));
    throw new AppError(error.code, error.message.replace(/^jobs\[0\]: /, ''), { cause: error, faults });
  }
}
