import { AppError } from '../base/errors.ts';
import type { Caller } from '../runner/contract/caller.ts';
import type { MetricsQuery, MetricsReport } from '../runner/contract/report/usage.ts';
import type { LoadQuery, LoadReport } from '../runner/contract/request/load.ts';
import type { AlertReport, AlertRules, AlertsQuery } from '../runner/contract/service/alert.ts';
import type { Dashboard } from '../runner/contract/service/dashboard.ts';
import type { LedgerPage, LedgerReport } from '../runner/contract/service/ledger.ts';
import type { SavingsQuery, SavingsReport } from '../runner/contract/service/savings.ts';
import type { ReportQuery, ServiceReport } from '../runner/contract/service/service-report.ts';
import type { FleetWorker } from '../runner/contract/service/worker.ts';
import { requireScope } from '../runner/require-scope.ts';
import type { AlertStore } from '../storage/alerts.ts';
import { alertReportOf } from './alerts/alert-report.ts';
import { type AlertLimits, alertRulesOf } from './alerts/alert-rules.ts';
import { type LaneStates, readDashboard } from './dashboard.ts';
import { readLedger } from './ledger.ts';
import { readLoad } from './load.ts';
import { readMetrics } from './metrics.ts';
import type { MetricsStore } from './prometheus/store-metrics.ts';
import { readReport } from './report/read-report.ts';
import { readSavings } from './savings.ts';

/** What monitoring needs. */
export interface MonitoringParts {
  store: MetricsStore & AlertStore;
  /** The lanes of this process; none by default. */
  lanes?: LaneStates;
  /** Wall clock, in milliseconds since the epoch. */
  now: () => number;
  /** The limits of the rules, and the names of the receivers. */
  alerts: { limits: AlertLimits; receivers: () => readonly string[] };
  /** Lists the workers of the fleet; absent: there are none. */
  workers?: () => Promise<FleetWorker[]>;
}

/** What the service has done, for one caller with the scope read. */
export interface Monitoring {
  metrics(query: MetricsQuery): Promise<MetricsReport>;
  load(query: LoadQuery): Promise<LoadReport>;
  savings(query: SavingsQuery): Promise<SavingsReport>;
  report(period: Omit<ReportQuery, 'format'>): Promise<ServiceReport>;
  /** The calls that the sums of a batch, or outside of batches, are made of, each with its place. */
  ledger(query: LedgerPage): Promise<{ calls: LedgerReport[]; next: string | null }>;
  dashboard(): Promise<Dashboard>;
  /** The workers of the fleet. @throws AppError `option_not_supported` where there is no fleet */
  workers(): Promise<FleetWorker[]>;
  alerts(query: AlertsQuery): Promise<AlertReport[]>;
  /** Needs the scope run. Idempotent. @throws AppError `not_found` */
  acknowledge(alertId: string): Promise<AlertReport>;
  /**
   * Resolves an alert before its cause has ended; while that goes on it is not raised again. Needs the scope run.
   * Idempotent. @throws AppError `not_found`
   */
  resolve(alertId: string): Promise<AlertReport>;
  /** The rules with their limits, and where alerts are sent. */
  alertRules(): Promise<AlertRules>;
}

/** Monitoring for one caller. */
export function createMonitoring(
  { store, now, alerts, lanes = () => [], workers = async () => [] }: MonitoringParts,
  caller: Caller,
): Monitoring {
  const shown = async (alertId: string): Promise<AlertReport> => {
    const alert = await store.readAlert(alertId);
    if (alert !== undefined) return alertReportOf(alert);
    throw new AppError('not_found', `There is no alert "${alertId}". "rowmill alerts" lists them.`);
  };
  return {
    async metrics(query) {
      requireScope(caller, 'read');
      return readMetrics(query, { store, now: now() });
    },
    async load(query) {
      requireScope(caller, 'read');
      return readLoad(query, { store, now: now() });
    },
    async savings(query) {
      requireScope(caller, 'read');
      return readSavings(query, { store, now: now() });
    },
    async report(period) {
      requireScope(caller, 'read');
      return readReport(period, { store, now: now() });
    },
    async ledger(query) {
      requireScope(caller, 'read');
      return readLedger(query, store);
    },
    async workers() {
      requireScope(caller, 'read');
      return workers();
    },
    async dashboard() {
      requireScope(caller, 'read');
      return readDashboard({ store, lanes: lanes(), now: now() });
    },
    async alerts({ state, limit }) {
      requireScope(caller, 'read');
      return (await store.listAlerts({ which: state, limit })).map(alertReportOf);
    },
    async acknowledge(alertId) {
      requireScope(caller, 'run');
      await store.acknowledgeAlert(alertId, caller.name, now());
      return shown(alertId);
    },
    async resolve(alertId) {
      requireScope(caller, 'run');
      await store.closeAlert(alertId, { by: caller.name, at: now() }, alerts.receivers());
      return shown(alertId);
    },
    async alertRules() {
      requireScope(caller, 'read');
      return alertRulesOf(alerts.limits, alerts.receivers());
    },
  };
}
