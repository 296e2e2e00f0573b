import { createRoute, z } from '@hono/zod-openapi';
import { AppError } from '../../../base/errors.ts';
import { strict } from '../../../base/schema/strict-object.ts';
import { rowReport } from '../../../runner/contract/report/row.ts';
import { rowTrace } from '../../../runner/contract/report/trace.ts';
import {
  MAX_ROW_PAGE,
  rowCounts,
  rowFilter,
  rowPageQuery,
  rowSearchQuery,
} from '../../../runner/contract/request/row-query.ts';
import { eventContent } from '../../event-content.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import type { StartParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';
import { batchPath, rowPath } from './batch-path.ts';
import { searchEvents, searchPage } from './row-search.ts';

const tags = ['rows'];
const whole = (most: number) => z.coerce.number().int().min(0).max(most);

const rowsQuery = strict({
  ...rowFilter.shape,
  text: rowSearchQuery.shape.text.optional(),
  sort: rowPageQuery.shape.sort,
  place: whole(Number.MAX_SAFE_INTEGER)
    .default(0)
    .openapi({ type: 'integer', description: 'The place of the first row among the selected ones, from 0.' }),
  from: whole(Number.MAX_SAFE_INTEGER).optional().openapi({
    type: 'integer',
    description:
      'The number of the row where the page starts. With text: where the search starts, next of the page before.',
  }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_ROW_PAGE)
    .default(50)
    .openapi({ type: 'integer', description: 'How many rows a page has at most.' }),
});

const page = z
  .object({
    items: z.array(rowReport.meta({ id: 'Row' })),
    selected: z.number().nullable().openapi({ description: 'How many rows the filter selects; null with text.' }),
    found: z.number().nullable().openapi({ description: 'With text: how many rows were found so far; else null.' }),
    next: z
      .number()
      .nullable()
      .openapi({ description: 'The next place, or with text the row where the search continues; null: the end.' }),
    counts: rowCounts.nullable().openapi({ description: 'Rows by status and error, exact; null with text.' }),
  })
  .openapi('RowPage');

function fromAlone(): AppError {
  return new AppError('invalid_arguments', 'from goes with status and limit only. Leave out code, place and sort.', {
    faults: [{ place: 'query.from', message: 'It goes with status and limit only.' }],
  });
}

/** The rows of a batch, and one row with its trace. */
export function addRowRoutes({ app, streams }: HttpFace, { runnerOf }: StartParts): void {
  const rows = createRoute({
    method: 'get',
    path: '/v1/batches/{id}/rows',
    operationId: 'listRows',
    tags,
    summary: 'Read rows at any place, or search them',
    description:
      'With text, cells and answers are searched from a row on: the answer comes with the first rows, or after a second. With Accept: text/event-stream the search goes on to its end: the events are rows and found, and closing the stream ends it.',
    middleware: callerNeeds('read'),
    request: { params: batchPath, query: rowsQuery },
    responses: {
      200: {
        description: 'A page of rows.',
        content: { 'application/json': { schema: page }, ...eventContent() },
      },
      ...FAULTS,
    },
  });
  app.openapi(rows, async (c) => {
    const { id } = c.req.valid('param');
    const { text, from, place, sort, limit, ...filter } = c.req.valid('query');
    const runner = runnerOf(c.get('caller'));
    if (text === undefined && from !== undefined) {
      const { status, code } = filter;
      if (code !== undefined || place > 0 || sort !== 'row') throw fromAlone();
      const found = await runner.rows(id, { ...(status !== undefined && { status }), cursor: from, limit });
      return c.json({ items: found.rows, selected: null, counts: null, found: null, next: found.nextCursor }, 200);
    }
    if (text === undefined) {
      const { rows: items, selected, counts } = await runner.browse(id, { ...filter, sort, place, limit });
      const next = place + items.length < selected && items.length > 0 ? place + items.length : null;
      return c.json({ items, selected, counts, found: null, next }, 200);
    }
    const query = { ...filter, text, from: from ?? 0, limit };
    if (/\btext\/event-stream\b/.test(c.req.header('accept') ?? '')) {
      await runner.report(id);
      return streams.send(c, ({ signal }) => searchEvents(runner.search(id, query, signal)));
    }
    const found = await searchPage((signal) => runner.search(id, query, signal), { limit, signal: c.req.raw.signal });
    return c.json({ ...found, selected: null, counts: null }, 200);
  });

  const row = createRoute({
    method: 'get',
    path: '/v1/batches/{id}/rows/{row}',
    operationId: 'readRow',
    tags,
    summary: 'Show one row with every call of its attempts',
    middleware: callerNeeds('read'),
    request: {
      params: rowPath,
    },
    responses: {
      200: { description: 'The row.', content: { 'application/json': { schema: rowTrace.meta({ id: 'RowTrace' }) } } },
      ...FAULTS,
    },
  });
  app.openapi(row, async (c) => {
    const { id, row: number } = c.req.valid('param');
    return c.json(await runnerOf(c.get('caller')).trace(id, number), 200);
  });
}
