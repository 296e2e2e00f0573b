import { type Callbacks, createCallbacks } from '../jobs/callbacks.ts';
import { type DeliveryParts, deliverResults } from '../jobs/deliver-results.ts';
import { pruneDeliveries } from '../jobs/prune-deliveries.ts';
import { createAlertCourier } from '../monitoring/alerts/alert-courier.ts';
import type { AlertReceivers } from '../monitoring/alerts/alert-receivers.ts';
import { type AlertParts, keepAlerts } from '../monitoring/alerts/keep-alerts.ts';
import { foldUsage } from '../monitoring/fold-usage.ts';
import { keepSamples } from '../monitoring/keep-samples.ts';
import { type SuperviseOptions, supervise } from '../runner/lifecycle/supervise.ts';
import type { Store } from '../storage/store.ts';
import type { Events } from '../telemetry/events.ts';
import type { Uploads } from '../uploads/uploads.ts';

/** What a process needs that drives batches and keeps the service going. */
export interface ServiceParts
  extends Pick<SuperviseOptions, 'runner' | 'clock' | 'log'>,
    Pick<DeliveryParts, 'show' | 'secret'>,
    Pick<AlertParts, 'limits' | 'newId'> {
  store: Store;
  uploads: Pick<Uploads, 'sweep'>;
  callbacks: Callbacks;
  /** Where alerts are sent. */
  receivers: AlertReceivers;
  events: Events;
}

/** Drives batches; meanwhile results and alerts are sent, what waits is noted, and old records are folded or removed. */
export async function keepService(
  ends: Pick<SuperviseOptions, 'signal' | 'hardSignal' | 'untilIdle'>,
  parts: ServiceParts,
): Promise<void> {
  const { runner, store, uploads, callbacks, receivers, events, clock, log, newId, limits, show, secret } = parts;
  const stop = new AbortController();
  const ending = AbortSignal.any([ends.signal, stop.signal]);
  const alerts = {
    messageOf: createAlertCourier(store, receivers),
    callbacks: createCallbacks(receivers.origins),
  };
  const beside = [
    deliverResults({ store, show, callbacks, alerts, secret, clock, log }, ending),
    keepAlerts({ store, newId, log, clock, limits, receivers: receivers.names }, events, ending),
    keepSamples({ store, clock, log }, ending),
  ];
  const prune = (signal: AbortSignal) => pruneDeliveries({ store, now: clock.now }, signal);
  const fold = (signal: AbortSignal) => foldUsage(store, { now: clock.now(), signal });
  await supervise({ runner, clock, log, housework: [uploads.sweep, prune, fold], ...ends });
  stop.abort();
  await Promise.all(beside);
}
