import * as z from 'zod';
import { strict } from '../../base/strict-object.ts';

/** The states of an alert. */
export const ALERT_STATES = ['open', 'acknowledged', 'resolved'] as const;

/** An alert as every face shows it. */
export const alertReport = z.object({
  alert_id: z.string().describe('The id of the alert.'),
  rule: z.string().describe('The rule that raised it.'),
  subject: z.string().describe('What it is about: a batch, an agent, a model; service for the whole.'),
  state: z.enum(ALERT_STATES).describe('acknowledged: a person knows, and it goes on; resolved: it is over.'),
  message: z.string().describe('What is wrong, and what to do.'),
  raised_at: z.string().describe('ISO 8601.'),
  acknowledged_at: z.string().nullable().describe('ISO 8601; null when nobody did.'),
  acknowledged_by: z.string().nullable().describe('Who did.'),
  resolved_at: z.string().nullable().describe('ISO 8601; null while it goes on.'),
});

export type AlertReport = z.infer<typeof alertReport>;

/** Which alerts are listed. */
export const alertsQuery = strict({
  state: z.enum(['open', 'all']).default('open').describe('open (the default): not resolved. all: every one.'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

export type AlertsQuery = z.infer<typeof alertsQuery>;
