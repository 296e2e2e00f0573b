import { AppError } from '../../base/errors.ts';
import type { AlertStore } from '../../storage/alerts.ts';
import type { Delivery } from '../../storage/jobs.ts';
import type { AlertReceivers } from './alert-receivers.ts';
import { alertReportOf } from './alert-report.ts';

/** The message of a delivery that is about an alert: its address and body. */
export function createAlertCourier(
  store: Pick<AlertStore, 'readAlert'>,
  receivers: AlertReceivers,
): (delivery: Delivery) => Promise<{ url: URL; body: string }> {
  return async ({ eventId, jobId, url }) => {
    const alert = await store.readAlert(jobId);
    if (alert === undefined) throw new AppError('not_found', `There is no alert ${jobId}.`);
    const what = eventId.startsWith(`evt_${jobId}_resolved`) ? 'resolved' : 'raised';
    return receivers.messageFor(url, { eventId, what, alert: alertReportOf(alert) });
  };
}
