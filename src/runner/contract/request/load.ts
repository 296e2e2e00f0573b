import * as z from 'zod';
import { strict } from '../../../base/schema/strict-object.ts';
import { metricsQuery, metricsReport, period, periodShown } from '../report/usage.ts';

/** Of which period the load is asked for. */
export const loadQuery = strict({ ...period, bucket: metricsQuery.shape.bucket });

export type LoadQuery = z.infer<typeof loadQuery>;

const times = {
  calls: z.number().describe('Model calls in real time that were answered.'),
  p50_seconds: z.number().nullable().describe('Half of them took at most this long, to within 10 %.'),
  p95_seconds: z.number().nullable().describe('95 % of them took at most this long, to within 10 %.'),
};

/** How long model calls took and how much waited, over time. */
export const loadReport = z.object({
  ...periodShown,
  bucket: metricsReport.shape.bucket,
  items: z
    .array(
      z.object({
        at: z.string().describe('Start of the bucket, ISO 8601.'),
        seconds: z.number().describe('The precision of its times.'),
        ...times,
        waiting_jobs: z.number().nullable().describe('The most jobs that waited at once; null: no server ran.'),
        waiting_rows: z.number().nullable().describe('The most rows of active batches that waited at once.'),
        oldest_seconds: z.number().nullable().describe('The greatest age of a waiting job.'),
      }),
    )
    .describe('In order of time. A bucket without calls and without a running server is left out.'),
  totals: z.object(times).describe('Over all items.'),
});

export type LoadReport = z.infer<typeof loadReport>;
