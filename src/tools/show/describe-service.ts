import * as z from 'zod';
import { count, counted, dollars } from '../../base/figures.ts';
import { type AlertReport, alertReport } from '../../runner/contract/service/alert.ts';
import { type SavingsReport, savingsReport } from '../../runner/contract/service/savings.ts';
import { type ServiceReport, serviceReport } from '../../runner/contract/service/service-report.ts';

/** Lines of each group of a report in an answer. */
const MOST_LINES = 20;

/** What an answer about the service has beside its summary. */
export const serviceOutput = {
  savings: savingsReport.optional().describe('For the subject savings.'),
  report: serviceReport.optional().describe(`For the subject report; of each group the first ${MOST_LINES} lines.`),
  alerts: z.array(alertReport).optional().describe('For the subject alerts: those that are not resolved.'),
};

const REST = { finished: true, results_resource: null, queues: null };

/** The answer about savings. */
export function describeSavings(savings: SavingsReport) {
  const { totals, saved_share: share } = savings;
  const part = share === null ? '' : ` (${count(share * 100)} % of the standard price)`;
  return {
    ...REST,
    summary: `${dollars(totals.cost_usd)} spent and ${dollars(totals.saved_usd)} saved${part}.`,
    next_step: 'Tell the person. The projection is not a promise: it takes the rate so far.',
    savings: { ...savings, items: savings.items.slice(0, MOST_LINES) },
  };
}

/** The answer about what was run in a period. */
export function describeReport(report: ServiceReport) {
  const { totals } = report;
  const rows = `${counted(totals.rows_succeeded, 'row')} succeeded, ${count(totals.rows_failed)} failed`;
  const first = <Line>(lines: Line[]) => lines.slice(0, MOST_LINES);
  return {
    ...REST,
    summary: `${rows}, for ${dollars(totals.cost_usd)}; ${dollars(totals.saved_usd)} saved.`,
    next_step: 'Tell the person. "rowmill report --out report.html" writes the whole report.',
    report: {
      ...report,
      ...{ days: report.days.slice(-MOST_LINES), agents: first(report.agents) },
      ...{ models: first(report.models), batches: first(report.batches) },
    },
  };
}

/** The answer about what is wrong. */
export function describeAlerts(alerts: AlertReport[]) {
  return {
    ...REST,
    summary: alerts.length === 0 ? 'Nothing is wrong.' : `${counted(alerts.length, 'alert')} not resolved.`,
    next_step: alerts.length === 0 ? 'Tell the person.' : 'Tell the person what is wrong; each message has its fix.',
    alerts,
  };
}
