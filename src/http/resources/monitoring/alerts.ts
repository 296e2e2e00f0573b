import { createRoute, z } from '@hono/zod-openapi';
import { alertReport, alertRules, alertsQuery } from '../../../runner/contract/service/alert.ts';
import { dashboard } from '../../../runner/contract/service/dashboard.ts';
import type { HttpFace } from '../../face.ts';
import { reportEtag } from '../../middleware/report-etag.ts';
import type { WatchParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';

const alert = alertReport.meta({ id: 'Alert' });
const tags = ['monitoring'];

/** `/v1/alerts` and `/v1/dashboard`: what is wrong, and what is going on. */
export function addAlertRoutes({ app }: HttpFace, { monitoringOf }: Pick<WatchParts, 'monitoringOf'>): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/alerts',
    operationId: 'listAlerts',
    tags,
    summary: 'List alerts, the newest first',
    request: { query: alertsQuery },
    responses: {
      200: {
        description: 'The alerts.',
        content: { 'application/json': { schema: z.object({ items: z.array(alert) }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) =>
    c.json({ items: await monitoringOf(c.get('caller')).alerts(c.req.valid('query')) }, 200),
  );

  for (const [act, summary] of [
    ['acknowledge', 'Acknowledge an alert: somebody knows, and it goes on'],
    ['resolve', 'Resolve an alert before its cause has ended; while that goes on it is not raised again'],
  ] as const) {
    const route = createRoute({
      ...{ method: 'post', path: `/v1/alerts/{id}/${act}` as const, operationId: `${act}Alert`, tags, summary },
      request: {
        params: z.object({ id: z.string().min(1).max(100).openapi({ description: 'The id of the alert.' }) }),
      },
      responses: {
        200: { description: 'The alert.', content: { 'application/json': { schema: alert } } },
        ...FAULTS,
      },
    });
    app.openapi(route, async (c) => c.json(await monitoringOf(c.get('caller'))[act](c.req.valid('param').id), 200));
  }

  const rules = createRoute({
    ...{ method: 'get', path: '/v1/alert-rules', operationId: 'listAlertRules', tags },
    summary: 'List the rules of alerts with their limits, and where alerts are sent',
    responses: {
      200: {
        description: 'The rules. ROWMILL_ALERTS and ROWMILL_ALERT_WEBHOOKS set them.',
        content: { 'application/json': { schema: alertRules.meta({ id: 'AlertRules' }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(rules, async (c) => c.json(await monitoringOf(c.get('caller')).alertRules(), 200));

  const show = createRoute({
    method: 'get',
    path: '/v1/dashboard',
    operationId: 'readDashboard',
    tags,
    summary: 'Read what is going on now, and what the last day cost',
    middleware: reportEtag(),
    responses: {
      200: {
        description: 'The dashboard.',
        content: { 'application/json': { schema: dashboard.meta({ id: 'Dashboard' }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(show, async (c) => c.json(await monitoringOf(c.get('caller')).dashboard(), 200));
}
