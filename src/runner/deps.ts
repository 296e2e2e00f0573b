import type { AgentDefinition } from '../agent/definition.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { ToolSpec } from '../protocol/messages.ts';
import type { OpenedAgent } from '../protocol/run.ts';
import type { Lanes } from '../providers/lanes/lane.ts';
import type { PriceTable } from '../providers/prices/prices.ts';
import type { Provider } from '../providers/provider.ts';
import type { BatchApi } from '../providers/provider-jobs/batch-api.ts';
import type { LeaseOwner } from '../storage/leases.ts';
import type { Store } from '../storage/store.ts';
import type { Tables } from '../tables/table.ts';
import type { Flights } from './rows/flights.ts';

/** Everything that the runner is made of; main.ts chooses each. */
export interface RunnerDeps {
  store: Store;
  tables: Tables;
  /** @throws AppError `agent_not_found`, with the nearest names */
  findAgent: (name: string, version?: string) => Promise<AgentDefinition>;
  /** Opens an agent's tools; `toolSpecs` is a batch's snapshot of what the model is told. `signal` gives up opening. */
  openAgent: (definition: AgentDefinition, toolSpecs: ToolSpec[] | null, signal: AbortSignal) => Promise<OpenedAgent>;
  /**
   * Finds what is wrong about an agent's tools without opening any: an unset variable, a module that is not there.
   * @throws AppError `config_invalid`, `agents_invalid` or `expression_invalid`, every fault in its message
   */
  checkTools?: (definition: AgentDefinition) => Promise<void>;
  /** `model` says which server, where the name alone does not. */
  provider: (name: string, model?: AgentDefinition['model']) => Promise<Provider>;
  /** Limits shared by everybody in this process who calls a model. Without them every call goes at once. */
  lanes?: Lanes;
  /** The batch API that serves a model, or why there is none, in words. Without this there is none at all. */
  batchApi?: (model: AgentDefinition['model']) => Promise<BatchApi | string>;
  /** How long to wait before a job is first asked about, in milliseconds. Default 10 s. */
  batchPollMs?: number;
  prices: PriceTable;
  owner: LeaseOwner;
  clock: Clock;
  random: () => number;
  newId: (prefix: string) => string;
  log: Log;
  /** Where a batch without an output URI writes its table. */
  resultsDir: string;
  /** Identical model requests at work in this process; the runner makes its own when there is none. */
  flights?: Flights;
}
