import * as z from 'zod';
import { strict } from '../../../base/schema/strict-object.ts';
import { period, periodShown, usageFigures } from '../report/usage.ts';
import { savingsReport } from './savings.ts';

/** The forms of a report. */
export const REPORT_FORMATS = ['json', 'markdown', 'html'] as const;

/** Which report is asked for. */
export const reportQuery = strict({
  ...period,
  format: z.enum(REPORT_FORMATS).default('json').describe('json (the default), markdown or html.'),
});

export type ReportQuery = z.infer<typeof reportQuery>;

const line = usageFigures.extend({ name: z.string().describe('Empty for calls outside of batches.') });

/** One line of a report. */
export type ReportLine = z.infer<typeof line>;

/** What the service did in a period. Each group of lines has the same totals. */
export const serviceReport = z.object({
  ...periodShown,
  created_at: z.string().describe('ISO 8601.'),
  totals: usageFigures.describe('The sums over the period.'),
  savings: savingsReport.pick({ totals: true, saved_share: true, projection: true }).describe('Savings of the period.'),
  days: z.array(line).describe('By day, in UTC.'),
  agents: z.array(line).describe('By agent.'),
  models: z.array(line).describe('By model; the ends of rows are in no model.'),
  batches: z.array(line).describe('By batch: its id opens the rows and calls that sum to the line.'),
});

export type ServiceReport = z.infer<typeof serviceReport>;
