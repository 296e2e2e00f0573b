import * as z from 'zod';
import { usageFigures } from '../report/usage.ts';
import { alertReport } from './alert.ts';
import { queueReport } from './job.ts';
import { savingsReport } from './savings.ts';

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
  lanes: z
    .array(
      z.object({
        provider: z.string().describe('The provider, or its server where it has one of its own.'),
        model: z.string(),
        state: z.enum(['open', 'cooling', 'stopped']).describe('cooling: after a refusal; stopped: every call fails.'),
        wait_seconds: z.number().describe('Until it sends again; 0 while it is open.'),
        in_flight: z.number().describe('Calls that are sent and not answered.'),
        waiting: z.number().describe('Calls that wait for their turn.'),
      }),
    )
    .describe('The shared limits of each model, in the process that answers.'),
  alerts: z.array(alertReport).describe('Alerts that are not resolved.'),
  database_bytes: z.number(),
});

export type Dashboard = z.infer<typeof dashboard>;
