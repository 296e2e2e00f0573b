import { isoTime } from '../../base/clock.ts';
import type { AlertReport } from '../../runner/contract/service/alert.ts';
import type { AlertRecord } from '../../storage/alerts.ts';
import { ALERT_RULES, isRule } from './alert-rules.ts';

/** An alert as faces show it. */
export function alertReportOf(alert: AlertRecord): AlertReport {
  const overAt = alert.closedAt ?? alert.resolvedAt;
  const state = overAt !== null ? 'resolved' : alert.acknowledgedAt !== null ? 'acknowledged' : 'open';
  return {
    ...{ alert_id: alert.id, rule: alert.rule, subject: alert.subject, state, about: aboutOf(alert) },
    ...{ message: alert.message, value: alert.value, limit: alert.limit },
    unit: isRule(alert.rule) ? ALERT_RULES[alert.rule].unit : null,
    raised_at: isoTime(alert.raisedAt),
    acknowledged_at: isoTime(alert.acknowledgedAt),
    acknowledged_by: alert.acknowledgedBy,
    resolved_at: isoTime(overAt),
    resolved_by: alert.closedBy,
  };
}

/** A rule that this version does not know, or a provider job of unknown batch, is about the service. */
function aboutOf({ rule, subject, batchId }: AlertRecord): AlertReport['about'] {
  if (batchId !== null) return { kind: 'batch', id: batchId };
  const kind = isRule(rule) && rule !== 'late-provider-job' ? ALERT_RULES[rule].about : 'service';
  return { kind, id: subject };
}
