import { readLimits } from '../../src/monitoring/alerts/alert-limits.ts';

/** The rules as they are without settings, and no receivers. */
export const NO_ALERTS = { limits: readLimits(undefined), receivers: () => [] };
