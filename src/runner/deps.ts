import type { AgentDefinition } from '../agent/definition.ts';
import type { ToolSpec } from '../protocol/messages.ts';
import type { OpenedAgent } from '../protocol/run.ts';
import type { LeaseOwner } from '../storage/leases.ts';
import type { Tables } from '../tables/table.ts';
import type { Caller } from './contract/caller.ts';
import type { ExecutionDeps } from './execution/execution-deps.ts';
import type { Executor } from './execution/executor.ts';
import type { ProviderCount } from './forecast/provider-count.ts';

/** The dependencies of the runner; the composition root chooses each. */
export interface RunnerDeps extends ExecutionDeps {
  tables: Tables;
  /** The tables as a caller may read them, for what it asks for; default: {@link tables}. */
  tablesOf?: (caller: Caller) => Tables;
  /** @throws AppError `agent_not_found`, with the nearest names */
  findAgent: (name: string, version?: string) => Promise<AgentDefinition>;
  /**
   * Opens an agent's tools. `toolSpecs` is the batch's snapshot of the tools sent to the model. `signal` aborts
   * opening.
   */
  openAgent: (definition: AgentDefinition, toolSpecs: ToolSpec[] | null, signal: AbortSignal) => Promise<OpenedAgent>;
  /**
   * The agent as its rows run it, without opening anything: its requests can be made and counted. Tools that say what
   * they are only when they are opened are left out. @throws AppError as `openAgent`
   */
  draftAgent: (definition: AgentDefinition, toolSpecs: ToolSpec[] | null) => OpenedAgent;
  /** Asks providers for their count of a request; absent: estimates are made by the runner's own count alone. */
  providerCount?: ProviderCount;
  /**
   * Finds faults of an agent's tools without opening any: an unset variable, a missing module.
   * @throws AppError `config_invalid`, `agents_invalid` or `expression_invalid`, with every fault in its message
   */
  checkTools?: (definition: AgentDefinition) => Promise<void>;
  /** The ways to run rows, in the order in which they are asked whether they fit. */
  executors: readonly Executor[];
  /** How often an owner renews its lease and reads the requests of other processes, in milliseconds. Default 1 s. */
  heartbeatMs?: number;
  owner: LeaseOwner;
  /** Where tables are kept that have no other place: of several files, of sources elsewhere. */
  resultsDir: string;
  /** Where all tables without an output URI go instead: a folder or prefix that ends in `/`. */
  resultsUri?: string;
}
