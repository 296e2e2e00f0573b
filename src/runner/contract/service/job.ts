import * as z from 'zod';
import { strict } from '../../../base/schema/strict-object.ts';
import { executorName } from '../executor-name.ts';
import { shownError } from '../problem.ts';
import { estimate } from '../report/estimate.ts';
import { jsonObject } from '../report/row.ts';

const priority = z.int().min(1).max(10).describe('1 to 10: jobs of a higher priority run first.');

/** One input for one agent. */
export const jobRequest = strict({
  agent: z.string().min(1, 'must name an agent').describe('The agent: its name, or name@version.'),
  input: jsonObject.describe("The input of the agent: values by the names of the agent's input fields."),
  priority: priority.default(5).describe('1 to 10: jobs of a higher priority run first. 5 by default.'),
  provider: z
    .string()
    .min(1)
    .describe("A provider, or provider/model, instead of the agent's own model.")
    .exactOptional(),
  not_before: z.iso
    .datetime({ offset: true })
    .describe('The job is not processed before this time, ISO 8601.')
    .exactOptional(),
  deadline: z.iso
    .datetime({ offset: true })
    .describe(
      'A job that is not processed by this time expires, at no cost. What provider jobs have not answered by then runs in real time. ISO 8601.',
    )
    .exactOptional(),
  callback_url: z
    .url()
    .max(2000)
    .describe('Where the result is sent. ROWMILL_WEBHOOK_HOSTS of the server lists the hosts that may receive it.')
    .exactOptional(),
  max_cost_usd: z
    .number()
    .positive()
    .describe(
      'What this job may cost where nobody is asked. Without it and without accepted_usd, only a person or a cap processes the job.',
    )
    .exactOptional(),
  accepted_usd: z
    .number()
    .nonnegative()
    .describe(
      'The estimate of this job that a person has accepted, in dollars: where nobody is asked, the job may cost 1.1 times of it. With mode now, a higher estimate than that starts nothing.',
    )
    .exactOptional(),
  idempotency_key: z
    .string()
    .min(1)
    .max(200)
    .describe('Any text of your choice: a second job with the same key is not enqueued.')
    .exactOptional(),
});

export type JobRequest = z.infer<typeof jobRequest>;

/** A job that was enqueued. */
export const enqueuedJob = z.object({
  job_id: z.string().describe('The id of the job.'),
  repeated: z.boolean().describe('It was enqueued by an earlier request with the same key.'),
});

export type EnqueuedJob = z.infer<typeof enqueuedJob>;

/** The states of a job. */
export const JOB_STATES = ['waiting', 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired'] as const;

/** A job as every face shows it. */
export const jobReport = z.object({
  job_id: z.string().describe('The id of the job.'),
  state: z
    .enum(JOB_STATES)
    .describe(
      'waiting: its queue is not processed yet; queued: its batch runs, and its row waits; the others as named.',
    ),
  agent: z.string().describe('The agent, as name@version.'),
  model: z.string().describe('The model, as provider/model.'),
  priority: z.number().describe('1 to 10.'),
  batch_id: z.string().nullable().describe('The batch of the job; null when it was cancelled or has expired.'),
  row: z.number().nullable().describe('Its row in that batch.'),
  input: jsonObject.nullable().describe('The input; null when it was cancelled or has expired.'),
  result: jsonObject.nullable().describe('The structured answer; null when there is none.'),
  error: shownError.nullable().describe('Why there is no answer; null when nothing is wrong.'),
  cost_usd: z.number().nullable().describe('What its calls cost; null when a price is unknown, and in lists.'),
  saved_usd: z
    .number()
    .nullable()
    .describe('What the batch API saved against real time; null when a price is unknown, and in lists.'),
  not_before: z.string().nullable().describe('ISO 8601; null when it may run at any time.'),
  deadline: z.string().nullable().describe('ISO 8601; null when it has none.'),
  callback_url: z.string().nullable().describe('Where the result is sent; null when it is not sent.'),
  max_cost_usd: z.number().nullable().describe('What it may cost where nobody is asked.'),
  created_at: z.string().describe('ISO 8601.'),
  ended_at: z.string().nullable().describe('ISO 8601; null before the end.'),
});

export type JobReport = z.infer<typeof jobReport>;

const { cost_usd: costRange } = estimate.shape;

/** What the waiting jobs of a queue would cost, either way. */
const queueEstimate = z
  .object({
    standard_usd: costRange.describe('In real time, at the standard price, in dollars; null when unknown.'),
    batch_usd: costRange.describe('Through the batch API, in dollars; null when unknown, or when it is not available.'),
    spending_usd: z
      .number()
      .nullable()
      .describe('What processing may spend, in dollars: the amount that accepted_usd accepts. Null when unknown.'),
    executor: executorName.nullable().describe('How mode auto runs them; null when they can not be processed.'),
  })
  .describe('What the waiting jobs would cost.');

/** The jobs of one agent, version and model that wait. */
export const queueReport = z.object({
  agent: z.string().describe('The agent.'),
  version: z.string().describe('Its version.'),
  model: z.string().describe('The model, as provider/model.'),
  waiting: z.number().describe('How many jobs wait.'),
  oldest_at: z.string().nullable().describe('When the oldest of them was enqueued, ISO 8601.'),
  by_priority: z
    .array(z.object({ priority: z.number().describe('1 to 10.'), jobs: z.number().describe('How many jobs wait.') }))
    .describe('How many of them have which priority, the highest first.'),
  estimate: queueEstimate.nullable().describe('Null when no job waits.'),
  batch_id: z.string().nullable().describe('The standing batch, which takes new jobs; null until the next job.'),
  problem: shownError.nullable().describe('Why it can not be processed now; null when nothing is wrong.'),
});

export type QueueReport = z.infer<typeof queueReport>;

/** How jobs run. */
export const JOB_MODES = ['auto', 'batch', 'realtime'] as const;

/** Processes queues: what a person has accepted, and how. */
export const processRequest = strict({
  max_cost_usd: z
    .number()
    .positive()
    .describe('A cap in dollars over everything that this starts: its batches pause before they spend more.')
    .exactOptional(),
  accepted_usd: z
    .number()
    .nonnegative()
    .describe('The estimate that a person has accepted, in dollars: an estimate above 1.1 times of it starts nothing.')
    .exactOptional(),
  mode: z
    .enum(JOB_MODES)
    .default('auto')
    .describe('auto: through the batch API where the agent fits, else in real time.'),
});

export type ProcessRequest = z.infer<typeof processRequest>;

/** What processing did with the jobs of one batch. */
export const processedQueue = z.object({
  agent: z.string().describe('The agent, as name@version.'),
  model: z.string().describe('The model, as provider/model.'),
  batch_id: z.string().nullable().describe('The batch that runs; null when none was started.'),
  jobs: z.number().describe('How many jobs run.'),
  later: z.number().describe('Jobs that wait for a later time, or for a person.'),
  expired: z.number().describe('Jobs whose deadline had passed.'),
  expected_usd: z.number().nullable().describe('Expected cost in dollars; null when unknown.'),
  executor: z.string().nullable().describe('How they run: realtime or batch-api; null when none was started.'),
  error: shownError.nullable().describe('Why nothing was started: the jobs wait. Null when nothing is wrong.'),
});

export type ProcessedQueue = z.infer<typeof processedQueue>;

/** The states of a delivery. */
export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const;

/** A result that is sent to a receiver. */
export const deliveryReport = z.object({
  event_id: z.string().describe('The id of the event, the same at every attempt.'),
  job_id: z.string().describe('The job.'),
  url: z.string().describe('The receiver.'),
  state: z.enum(DELIVERY_STATES).describe('dead: every attempt failed, and there is no further one.'),
  attempts: z.number().describe('Attempts so far.'),
  error: z.string().nullable().describe('Why the last attempt failed; null when it did not.'),
  created_at: z.string().describe('ISO 8601.'),
  next_at: z.string().nullable().describe('When the next attempt is due, ISO 8601; null when there is none.'),
});

export type DeliveryReport = z.infer<typeof deliveryReport>;
