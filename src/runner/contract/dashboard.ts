import * as z from 'zod';
import { alertReport } from './alert.ts';
import { queueReport } from './job.ts';
import { savingsReport } from './savings.ts';
import { usageFigures } from './usage.ts';

const queue = queueReport.pick({ agent: true, version: true, model: true, waiting: true, oldest_at: true });

/** What is going on now, and what the last day cost. */
export const dashboard = z.object({
  at: z.string().describe('ISO 8601.'),
  last_24_hours: usageFigures,
  last_30_days: savingsReport.pick({ totals: true, saved_share: true, projection: true }),
  batches: z
    .array(
      z.object({
        batch_id: z.string(),
        agent: z.string(),
        status: z.string(),
        queued: z.number(),
        running: z.number(),
        succeeded: z.number(),
        failed: z.number(),
      }),
    )
    .describe('Batches that run, or are about to.'),
  queues: z.array(queue).describe('Queues with waiting jobs.'),
  provider_jobs: z
    .array(
      z.object({
        batch_id: z.string(),
        provider: z.string(),
        model: z.string(),
        requests: z.number(),
        submitted_at: z.string().nullable(),
      }),
    )
    .describe('Jobs at the batch APIs of providers.'),
  alerts: z.array(alertReport).describe('Alerts that are not resolved.'),
  database_bytes: z.number(),
});

export type Dashboard = z.infer<typeof dashboard>;
