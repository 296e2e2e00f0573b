import type { AlertReport } from '../../runner/contract/alert.ts';
import type { AlertRecord } from '../../storage/alerts.ts';

/** An alert as faces show it. */
export function alertReportOf(alert: AlertRecord): AlertReport {
  const state = alert.resolvedAt !== null ? 'resolved' : alert.acknowledgedAt !== null ? 'acknowledged' : 'open';
  return {
    ...{ alert_id: alert.id, rule: alert.rule, subject: alert.subject, state, message: alert.message },
    raised_at: new Date(alert.raisedAt).toISOString(),
    acknowledged_at: isoOf(alert.acknowledgedAt),
    acknowledged_by: alert.acknowledgedBy,
    resolved_at: isoOf(alert.resolvedAt),
  };
}

function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
