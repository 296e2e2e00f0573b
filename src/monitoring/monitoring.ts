import type { Caller } from '../runner/contract/caller.ts';
import type { SavingsQuery, SavingsReport } from '../runner/contract/savings.ts';
import type { ReportQuery, ServiceReport } from '../runner/contract/service-report.ts';
import type { MetricsQuery, MetricsReport } from '../runner/contract/usage.ts';
import { requireScope } from '../runner/require-scope.ts';
import type { UsageStore } from '../storage/usage.ts';
import { readMetrics } from './metrics.ts';
import { readReport } from './report/read-report.ts';
import { readSavings } from './savings.ts';

/** What monitoring needs. */
export interface MonitoringParts {
  store: UsageStore;
  /** Wall clock, in milliseconds since the epoch. */
  now: () => number;
}

/** What the service has done, for one caller with the scope read. */
export interface Monitoring {
  metrics(query: MetricsQuery): Promise<MetricsReport>;
  savings(query: SavingsQuery): Promise<SavingsReport>;
  report(period: Omit<ReportQuery, 'format'>): Promise<ServiceReport>;
}

/** Monitoring for one caller. */
export function createMonitoring({ store, now }: MonitoringParts, caller: Caller): Monitoring {
  return {
    async metrics(query) {
      requireScope(caller, 'read');
      return readMetrics(query, { store, now: now() });
    },
    async savings(query) {
      requireScope(caller, 'read');
      return readSavings(query, { store, now: now() });
    },
    async report(period) {
      requireScope(caller, 'read');
      return readReport(period, { store, now: now() });
    },
  };
}
