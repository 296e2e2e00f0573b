import type { AgentDefinition } from '../../agent/definition.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Lanes } from '../../providers/lanes/lane.ts';
import type { PriceTable } from '../../providers/prices/prices.ts';
import type { Provider } from '../../providers/provider.ts';
import type { BatchApi } from '../../providers/provider-jobs/batch-api.ts';
import type { Store } from '../../storage/store.ts';
import type { Events } from '../../telemetry/events.ts';
import type { Flights } from '../rows/flights.ts';

/** The parts that executors run rows with. */
export interface ExecutionDeps {
  store: Store;
  /** `model` says which server, where the name alone does not. */
  provider: (name: string, model?: AgentDefinition['model']) => Promise<Provider>;
  /** Limits shared by everybody in this process who calls a model. Without them every call goes at once. */
  lanes?: Lanes;
  /** The batch API that serves a model, or why there is none, in words. Without this there is none at all. */
  batchApi?: (model: AgentDefinition['model']) => Promise<BatchApi | string>;
  /** How long to wait before a provider job is first asked about, in milliseconds. Default 10 s. */
  batchPollMs?: number;
  prices: PriceTable;
  clock: Clock;
  random: () => number;
  newId: (prefix: string) => string;
  log: Log;
  /** Where everything that happens to batches is reported; nothing waits for a listener. */
  events: Events;
  /** Identical model requests that are running in this process; the runner makes its own when there is none. */
  flights?: Flights;
}
