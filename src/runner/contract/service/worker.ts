import * as z from 'zod';

/** A worker of the fleet, as its own last words describe it. */
export const fleetWorker = z.object({
  worker_id: z.string(),
  host: z.string().describe('The name of its machine.'),
  pid: z.number().describe('The number of its process there.'),
  version: z.string().describe('The version of its program; another one than that of the coordinator gets no rows.'),
  tags: z.array(z.string()).describe('What it has; agents say what they require.'),
  concurrency: z.number().describe('How many rows it runs at a time.'),
  running_rows: z.number().describe('Rows that it has now.'),
  rows: z.number().describe('Rows that it has run since its start.'),
  state: z
    .enum(['active', 'draining', 'other_version', 'silent'])
    .describe('silent: it has said nothing for ten seconds, by the clocks of both machines.'),
  unfit: z
    .array(z.object({ batch_id: z.string(), reason: z.string() }))
    .describe('The batches whose rows it gives back, with the reason.'),
  started_at: z.string(),
  seen_at: z.string().describe('When it last said that it is there, by its own clock.'),
});

/** A worker of the fleet. */
export type FleetWorker = z.infer<typeof fleetWorker>;
