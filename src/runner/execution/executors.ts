import type { FleetOpener } from '../../fleet/fleet.ts';
import { createBatchApiExecutor } from './batch-api/batch-api-executor.ts';
import type { Executor } from './executor.ts';
import { createFleetExecutor } from './fleet/fleet-executor.ts';
import type { OwnPrices } from './fleet/messages.ts';
import { realtime } from './realtime.ts';

/** The fleet, where there is one, and the prices that its workers need. */
interface FleetParts {
  fleet: FleetOpener | null;
  prices: OwnPrices;
}

/** Every executor, in the order in which they are asked whether they fit; the last one always fits. */
export function createExecutors(parts: FleetParts = { fleet: null, prices: null }): readonly Executor[] {
  return [createFleetExecutor({ realtime, ...parts }), createBatchApiExecutor({ realtime }), realtime];
}
