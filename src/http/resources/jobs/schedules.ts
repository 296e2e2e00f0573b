import { createRoute, z } from '@hono/zod-openapi';
import type { Caller } from '../../../runner/contract/caller.ts';
import {
  scheduleChange,
  scheduleName,
  scheduleReport,
  scheduleRequest,
  scheduleRunReport,
  scheduleTimes,
  scheduleTimesQuery,
} from '../../../runner/contract/service/schedule.ts';
import type { Schedules } from '../../../schedules/schedules.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import { idempotencyHeader } from '../../middleware/idempotency.ts';
import { FAULTS } from '../../problem.ts';

const schedule = { 'application/json': { schema: scheduleReport.meta({ id: 'Schedule' }) } };
const run = scheduleRunReport.meta({ id: 'ScheduleRun' });
const params = z.object({ name: scheduleName });
const tags = ['schedules'];
const shown = { 200: { description: 'The schedule.', content: schedule }, ...FAULTS };

interface ScheduleRouteParts {
  schedulesOf: (caller: Caller) => Schedules;
}

/** `/v1/schedules`: what the server starts by itself. To change it needs the scope admin, to trigger it `run`. */
export function addScheduleRoutes(face: HttpFace, parts: ScheduleRouteParts): void {
  addCollection(face, parts);
  addOne(face, parts);
  addRuns(face, parts);
}

function addCollection({ app, limitBody, idempotent }: HttpFace, { schedulesOf }: ScheduleRouteParts): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/schedules',
    operationId: 'listSchedules',
    tags,
    summary: 'List the schedules',
    responses: {
      200: {
        description: 'All of them, by name.',
        content: { 'application/json': { schema: z.object({ items: z.array(schedule['application/json'].schema) }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) => c.json({ items: await schedulesOf(c.get('caller')).list() }, 200));

  const times = createRoute({
    method: 'get',
    path: '/v1/schedule-times',
    operationId: 'readScheduleTimes',
    tags,
    summary: 'Check a cron expression: what it says, and its next five times',
    request: { query: scheduleTimesQuery },
    responses: {
      200: {
        description: 'The times. Nothing is added.',
        content: { 'application/json': { schema: scheduleTimes.meta({ id: 'ScheduleTimes' }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(times, async (c) => c.json(await schedulesOf(c.get('caller')).times(c.req.valid('query')), 200));

  const create = createRoute({
    method: 'post',
    path: '/v1/schedules',
    operationId: 'createSchedule',
    tags,
    summary: 'Add a schedule',
    middleware: [callerNeeds('admin'), limitBody(1), idempotent()],
    request: {
      headers: idempotencyHeader,
      body: {
        required: true,
        content: { 'application/json': { schema: scheduleRequest.meta({ id: 'ScheduleRequest' }) } },
      },
    },
    responses: { 201: { description: 'The schedule.', content: schedule }, ...FAULTS },
  });
  app.openapi(create, async (c) => {
    const request = c.req.valid('json');
    const added = await schedulesOf(c.get('caller')).add(request);
    c.header('Location', `/v1/schedules/${added.name}`);
    return c.json(added, 201);
  });
}

function addOne({ app, limitBody }: HttpFace, { schedulesOf }: ScheduleRouteParts): void {
  const path = '/v1/schedules/{name}';
  const show = createRoute({
    ...{ method: 'get', path, operationId: 'showSchedule', tags, summary: 'Show a schedule with its next five times' },
    request: { params },
    responses: shown,
  });
  app.openapi(show, async (c) => c.json(await schedulesOf(c.get('caller')).show(c.req.valid('param').name), 200));

  const change = createRoute({
    ...{ method: 'patch', path, operationId: 'changeSchedule', tags, summary: 'Change a schedule' },
    description: 'Fields that are left out stay. It runs in the name of the caller from now on.',
    middleware: [callerNeeds('admin'), limitBody(1)],
    request: {
      params,
      body: {
        required: true,
        content: { 'application/json': { schema: scheduleChange.meta({ id: 'ScheduleChange' }) } },
      },
    },
    responses: shown,
  });
  app.openapi(change, async (c) => {
    const { name } = c.req.valid('param');
    return c.json(await schedulesOf(c.get('caller')).change(name, c.req.valid('json')), 200);
  });

  const remove = createRoute({
    ...{ method: 'delete', path, operationId: 'deleteSchedule', tags, summary: 'Delete a schedule with its history' },
    middleware: callerNeeds('admin'),
    request: { params },
    responses: { 204: { description: 'It is deleted. Batches that it started go on.' }, ...FAULTS },
  });
  app.openapi(remove, async (c) => {
    await schedulesOf(c.get('caller')).remove(c.req.valid('param').name);
    return c.body(null, 204);
  });

  for (const act of ['start', 'stop'] as const) {
    const route = createRoute({
      ...{ method: 'post', path: `${path}/${act}` as const, operationId: `${act}Schedule`, tags },
      summary: act === 'start' ? 'Let a schedule run at its times' : 'Stop a schedule',
      middleware: callerNeeds('admin'),
      request: { params },
      responses: shown,
    });
    app.openapi(route, async (c) => c.json(await schedulesOf(c.get('caller'))[act](c.req.valid('param').name), 200));
  }
}

function addRuns({ app, idempotent }: HttpFace, { schedulesOf }: ScheduleRouteParts): void {
  const trigger = createRoute({
    method: 'post',
    path: '/v1/schedules/{name}/trigger',
    operationId: 'triggerSchedule',
    tags,
    summary: 'Run a schedule now',
    description: 'Also while it is stopped; its next time stays. Answers when its batches are started.',
    middleware: [callerNeeds('run'), idempotent()],
    request: { params, headers: idempotencyHeader },
    responses: {
      201: {
        description: 'The run; state and error say whether it failed.',
        content: { 'application/json': { schema: run } },
      },
      ...FAULTS,
    },
  });
  app.openapi(trigger, async (c) => c.json(await schedulesOf(c.get('caller')).trigger(c.req.valid('param').name), 201));

  const history = createRoute({
    method: 'get',
    path: '/v1/schedules/{name}/runs',
    operationId: 'listScheduleRuns',
    tags,
    summary: 'List the runs of a schedule, the newest first',
    request: {
      params,
      query: z.object({
        limit: z.coerce.number().int().min(1).max(100).default(20).openapi({ description: 'How many, at most 100.' }),
        cursor: z.coerce.number().int().min(1).optional().openapi({ description: 'next_cursor of the page before.' }),
        state: z.enum(['running', 'succeeded', 'failed']).optional().openapi({ description: 'Only these runs.' }),
      }),
    },
    responses: {
      200: {
        description: 'The last 1,000 runs are kept.',
        content: {
          'application/json': { schema: z.object({ items: z.array(run), next_cursor: z.number().nullable() }) },
        },
      },
      ...FAULTS,
    },
  });
  app.openapi(history, async (c) => {
    const { limit, cursor, state } = c.req.valid('query');
    const page = { limit, ...(cursor !== undefined && { before: cursor }), ...(state !== undefined && { state }) };
    const items = await schedulesOf(c.get('caller')).history(c.req.valid('param').name, page);
    return c.json({ items, next_cursor: items.length === limit ? (items.at(-1)?.run_id ?? null) : null }, 200);
  });
}
