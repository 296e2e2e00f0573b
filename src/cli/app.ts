import type { Readable } from 'node:stream';
import type { Access } from '../access/access.ts';
import type { Drafts } from '../access/drafts.ts';
import type { Conversations } from '../agent/conversation/conversation.ts';
import type { Histories } from '../agent/conversation/histories.ts';
import type { AgentDefinition } from '../agent/definition.ts';
import type { StartedTool } from '../agent/tools/open-tools.ts';
import type { Log } from '../base/log.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Monitoring } from '../monitoring/monitoring.ts';
import type { Prometheus } from '../monitoring/prometheus/create-prometheus.ts';
import type { JsonObject } from '../protocol/messages.ts';
import type { Registry } from '../registry/registry.ts';
import type { Caller } from '../runner/contract/caller.ts';
import type { Given, TriedRun } from '../runner/contract/report/tried-run.ts';
import type { InlineAgent } from '../runner/contract/request/inline-agent.ts';
import type { PreviewRequest, TablePreview } from '../runner/contract/request/preview.ts';
import type { ModelPrice, Settings } from '../runner/contract/service/settings.ts';
import type { DefinedAgent } from '../runner/intake/agent/define-inline.ts';
import type { Runner } from '../runner/runner.ts';
import type { Schedules } from '../schedules/schedules.ts';
import type { AuditStore } from '../storage/audit.ts';
import type { IdempotencyStore } from '../storage/idempotency.ts';
import type { Tables } from '../tables/table.ts';
import type { Confirmations } from '../tools/execute/confirmations.ts';
import type { OrchestratorTool } from '../tools/orchestrator-tool.ts';
import type { SuggestedFields } from '../tools/suggest-fields.ts';
import type { Uploads } from '../uploads/uploads.ts';
import type { Transfer } from './transfer.ts';

/** The parts that are bound to one caller: the runner, and the five tools that use it. */
export interface AppBinding {
  runner: Runner;
  /** The tables as the caller may read them: of uploads, its own. */
  tables: Tables;
  /** Jobs and their queues. */
  jobs: Jobs;
  /** What the service has done. */
  monitoring: Monitoring;
  schedules: Schedules;
  /** Batch requests in the making. */
  drafts: Drafts;
  /** The same objects for the orchestrator, MCP clients and commands; loaded on first use, because most commands need none. */
  tools(): Promise<OrchestratorTool[]>;
  /** The agreement of people to spending; through these the caller agrees. */
  confirmations: Confirmations;
}

/** What is missing before some agents can be called, and which agents can be called all the same. */
export interface MissingSettings {
  /** By what is missing: a variable, or the reason as a sentence. */
  missing: { what: string; agents: string[] }[];
  /** The agents whose models can be called. */
  callable: string[];
}

/** The parts that commands use; main.ts makes them once, on first use. */
export interface App extends AppBinding {
  /** The settings that commands and listeners read. */
  config: { confirmAboveUsd: number };
  log: Log;
  /** `runner` and `tools` of another caller. */
  as(caller: Caller): AppBinding;
  /** Who clients are. */
  access: Access;
  auditLog: Pick<AuditStore, 'readAudit'>;
  /** Keeps the answers of requests with an idempotency key. */
  idempotency: IdempotencyStore;
  registry: Registry;
  /** Saves an agent beside the registry's, as the next version of its name. @throws AppError `invalid_arguments` */
  saveAgent(name: string, definition: AgentDefinition): Promise<AgentDefinition>;
  /**
   * Saves the agent that a question defines, as {@link App.saveAgent}, with warnings about choices that it leaves open.
   * `columns` as in `Runner.define`.
   */
  defineAgent(name: string, question: InlineAgent, columns?: readonly string[]): Promise<DefinedAgent>;
  /** Rows of a table at a place, as they are read. */
  preview(request: PreviewRequest, signal: AbortSignal): Promise<TablePreview>;
  /**
   * Runs an agent once, outside of batches, through the journal.
   * @throws AppError before any call, when the input does not fit; a run that fails is a result
   */
  tryAgent(agent: AgentDefinition, options: { given: Given; signal: AbortSignal; caller?: Caller }): Promise<TriedRun>;
  /**
   * Suggests the fields of the answer to a prompt, by the model of the orchestrator.
   * @throws AppError as the run of the suggesting agent failed; `output_invalid` when no usable fields were suggested
   */
  suggestFields(
    asked: { prompt: string; columns: readonly string[] },
    options: { signal: AbortSignal; caller?: Caller },
  ): Promise<SuggestedFields>;
  /** The settings of the process that runs batches, without secrets. */
  settings(): Promise<Settings>;
  /** What models cost, each named as provider/model; without names those of the agents, and the default models. */
  prices(models?: readonly string[]): Promise<ModelPrice[]>;
  /** Deletes a saved agent, or one version of it. @throws AppError `agent_not_found` */
  removeAgent(name: string, version?: string): Promise<void>;
  /** Starts each tool of an agent and ends it again, to see that it works. None may take longer than `limitMs`. */
  startTools(agent: AgentDefinition, options: { limitMs: number; signal: AbortSignal }): Promise<StartedTool[]>;
  /** Looks at the newest version of each agent; calls no model. */
  missingSettings(): Promise<MissingSettings>;
  /** The metrics of this process and the store; the first call begins to count. */
  prometheus(): Prometheus;
  conversations: Conversations;
  /** Conversations of clients that send the whole history. */
  histories: Histories;
  /** Files that clients send to the data directory. */
  uploads: Uploads;
  /** A new id, with this prefix. */
  newId: (prefix: string) => string;
  /** Drives lapsed batches in this process until `signal` (drains) or, with `untilIdle`, until none is left. */
  supervise(options: { signal: AbortSignal; hardSignal: AbortSignal; untilIdle: boolean }): Promise<void>;
  /** Starts what is due by its schedule until `signal` fires. Only a server does this. */
  keepSchedules(signal: AbortSignal): Promise<void>;
  /**
   * Puts documents (extended JSON) into a collection of MongoDB, each once by its `query_id`.
   * @param uri without it `conversation_set` in the database of `ROWMILL_MONGODB_URI`, else in `test`
   */
  importDocuments(
    documents: AsyncIterable<JsonObject>,
    uri: string | undefined,
  ): Promise<{ uri: string; inserted: number; existing: number }>;
  /** Copies stdin into the data directory, as a table. `remove` deletes the copy; it is idempotent. */
  copyStdin(stdin: Readable, signal: AbortSignal): Promise<{ uri: string; remove(): Promise<void> }>;
  /** The address of the server that runs everything; absent: this machine. */
  server?: string;
  /** How tables get to the runner and back. */
  transfer: Transfer;
  /** Starts a detached runner process on this data directory if there are batches that no process drives. */
  ensureDetachedRunner(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}
