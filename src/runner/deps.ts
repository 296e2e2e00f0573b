import type { AgentDefinition } from '../agent/definition.ts';
import type { ToolSpec } from '../protocol/messages.ts';
import type { OpenedAgent } from '../protocol/run.ts';
import type { LeaseOwner } from '../storage/leases.ts';
import type { Tables } from '../tables/table.ts';
import type { ExecutionDeps } from './execution/execution-deps.ts';
import type { Executor } from './execution/executor.ts';

/** Everything that the runner is made of; the composition root chooses each. */
export interface RunnerDeps extends ExecutionDeps {
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
  /** How rows can be run, in the order in which they are asked whether they fit. */
  executors: readonly Executor[];
  /** How often an owner renews its lease and reads what others ask of it, in milliseconds. Default 1 s. */
  heartbeatMs?: number;
  owner: LeaseOwner;
  /** Where a batch without an output URI writes its table. */
  resultsDir: string;
}
