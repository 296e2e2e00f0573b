import type { AgentDefinition } from '../../agent/definition.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Lanes } from '../../providers/lanes/lane.ts';
import type { PriceTable } from '../../providers/prices/prices.ts';
import type { ModelSource, Provider } from '../../providers/provider.ts';
import type { BatchApi } from '../../providers/provider-jobs/batch-api.ts';
import type { Store } from '../../storage/store.ts';
import type { Tables } from '../../tables/table.ts';
import type { Events } from '../../telemetry/events.ts';
import type { DayGate } from '../rows/day-gate.ts';
import type { Flights } from '../rows/flights.ts';

/** The dependencies of executors. */
export interface ExecutionDeps {
  store: Store;
  /** Reads the media that cells name. */
  tables: Pick<Tables, 'readBytes'>;
  /** `model` identifies the server, where the name alone does not. */
  provider: (name: string, model?: ModelSource) => Promise<Provider>;
  /** Limits shared by all callers of a model in this process. Without them every call is sent immediately. */
  lanes?: Lanes;
  /**
   * The batch API that serves a model, or the reason in words why there is none. If absent, no batch API is available.
   */
  batchApi?: (model: AgentDefinition['model']) => Promise<BatchApi | string>;
  /** How long to wait before a provider job is first asked about, in milliseconds. Default 10 s. */
  batchPollMs?: number;
  prices: PriceTable;
  /** Present where a cap of a day is set. */
  dayGate?: DayGate | undefined;
  /** The gate of a key with a budget, by its id; if absent, the runner creates its own. */
  keyGates?: (key: string) => DayGate;
  clock: Clock;
  random: () => number;
  newId: (prefix: string) => string;
  log: Log;
  /** Receives every event of batches; the sender never waits for a listener. */
  events: Events;
  /** Identical model requests in flight in this process; if absent, the runner creates its own. */
  flights?: Flights;
}
