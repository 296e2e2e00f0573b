import { createRoute, z } from '@hono/zod-openapi';
import { REPORT_TYPES, writeReport } from '../../../monitoring/report/write-report.ts';
import { savingsQuery, savingsReport } from '../../../runner/contract/service/savings.ts';
import { reportQuery, serviceReport } from '../../../runner/contract/service/service-report.ts';
import type { HttpFace } from '../../face.ts';
import { reportEtag } from '../../middleware/report-etag.ts';
import type { WatchParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';

const tags = ['monitoring'];
const text = { schema: z.string() };

/** `GET /v1/savings` and `GET /v1/reports`: what a period cost and saved. */
export function addSavingsRoutes({ app }: HttpFace, { monitoringOf }: Pick<WatchParts, 'monitoringOf'>): void {
  const savings = createRoute({
    method: 'get',
    path: '/v1/savings',
    operationId: 'readSavings',
    tags,
    summary: 'Read what batch APIs and the cache saved against the standard price',
    middleware: reportEtag(),
    request: { query: savingsQuery },
    responses: {
      200: {
        description: 'The savings.',
        content: { 'application/json': { schema: savingsReport.meta({ id: 'Savings' }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(savings, async (c) => c.json(await monitoringOf(c.get('caller')).savings(c.req.valid('query')), 200));

  const report = createRoute({
    method: 'get',
    path: '/v1/reports',
    operationId: 'readReport',
    tags,
    summary: 'Read the report of a period, as JSON, Markdown or HTML',
    middleware: reportEtag(),
    request: { query: reportQuery },
    responses: {
      200: {
        description: 'The report.',
        content: {
          'application/json': { schema: serviceReport.meta({ id: 'ServiceReport' }) },
          'text/markdown': text,
          'text/html': text,
        },
      },
      ...FAULTS,
    },
  });
  app.openapi(report, async (c) => {
    const { format, ...period } = c.req.valid('query');
    const read = await monitoringOf(c.get('caller')).report(period);
    return c.body(writeReport(read, format), 200, { 'content-type': REPORT_TYPES[format] }) as never;
  });
}
