import * as z from 'zod';
import { strict } from '../../../base/schema/strict-object.ts';

/** The states of an alert. */
export const ALERT_STATES = ['open', 'acknowledged', 'resolved'] as const;

/** What the figures of a rule are in; null for one that measures nothing. */
const unit = z
  .enum(['percent', 'minutes', 'hours', 'dollars', 'gigabytes'])
  .nullable()
  .describe('What value and limit are in; null when the rule measures nothing.');

/** An alert as every face shows it. */
export const alertReport = z.object({
  alert_id: z.string().describe('The id of the alert.'),
  rule: z.string().describe('The rule that raised it.'),
  subject: z.string().describe('What it is about: a batch, an agent, a model; service for the whole.'),
  state: z.enum(ALERT_STATES).describe('acknowledged: a person knows, and it goes on; resolved: it is over.'),
  about: z
    .object({
      kind: z.enum(['batch', 'agent', 'queue', 'model', 'schedule', 'service']).describe('What kind of thing that is.'),
      id: z.string().describe('The id of the batch, or the name.'),
    })
    .describe('What to look at; service for the whole.'),
  message: z.string().describe('What is wrong, and what to do.'),
  value: z.number().nullable().describe('What was measured when it was raised; null when nothing is.'),
  limit: z.number().nullable().describe('The limit of the rule at that time; null when it has none.'),
  unit,
  raised_at: z.string().describe('ISO 8601.'),
  acknowledged_at: z.string().nullable().describe('ISO 8601; null when nobody did.'),
  acknowledged_by: z.string().nullable().describe('Who did.'),
  resolved_at: z.string().nullable().describe('ISO 8601; null while it is open.'),
  resolved_by: z.string().nullable().describe('Who resolved it; null when its cause has ended, or it is open.'),
});

export type AlertReport = z.infer<typeof alertReport>;

/** Which alerts are listed. */
export const alertsQuery = strict({
  state: z
    .enum(['open', 'resolved', 'all'])
    .default('open')
    .describe('open (the default): not resolved. resolved: over. all: every one.'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

export type AlertsQuery = z.infer<typeof alertsQuery>;

/** The rules of alerts, and where alerts are sent. */
export const alertRules = z.object({
  rules: z.array(
    z.object({
      rule: z.string().describe('Its name, as ROWMILL_ALERTS has it.'),
      text: z.string().describe('What it measures.'),
      unit,
      raised_when: z.enum(['above', 'below']).describe('On which side of its limit it raises an alert.'),
      limit: z.number().nullable().describe('Its limit; null: the rule is off.'),
      default_limit: z.number().describe('Its limit where ROWMILL_ALERTS says nothing.'),
    }),
  ),
  receivers: z
    .array(z.string())
    .describe('Where alerts are sent (ROWMILL_ALERT_WEBHOOKS): the origin and a digest, as the address is a secret.'),
});

export type AlertRules = z.infer<typeof alertRules>;
