import type { Access } from '../access/access.ts';
import type { Drafts } from '../access/drafts.ts';
import type { Conversations } from '../agent/conversation/conversation.ts';
import type { AgentDefinition } from '../agent/definition.ts';
import type { Log } from '../base/log.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Monitoring } from '../monitoring/monitoring.ts';
import type { Registry } from '../registry/registry.ts';
import type { Caller } from '../runner/contract/caller.ts';
import type { Given, TriedRun } from '../runner/contract/report/tried-run.ts';
import type { ModelPrice, Settings } from '../runner/contract/service/settings.ts';
import type { Runner } from '../runner/runner.ts';
import type { Schedules } from '../schedules/schedules.ts';
import type { AuditStore } from '../storage/audit.ts';
import type { IdempotencyStore } from '../storage/idempotency.ts';
import type { Tables } from '../tables/table.ts';
import type { Confirmations } from '../tools/execute/confirmations.ts';
import type { SuggestedFields } from '../tools/suggest-fields.ts';
import type { Uploads } from '../uploads/uploads.ts';
import type { ApprovalParts } from './approval.ts';
import type { Page } from './page/open-page.ts';
import type { ModelParts } from './resources/chat/model-answers.ts';

/** The address, and the limits of the server itself. */
export interface ServerParts {
  /** The address to listen on. On a loopback address, only requests to loopback names are accepted. */
  host: string;
  /** Whether there is a key: without one, only a loopback address is allowed. */
  hasKeys: boolean;
  version: string;
  /** A sentence that every page shows, such as that answers are those of a script. */
  notice?: string;
  log: Log;
  /** Wall clock, in milliseconds since the epoch. */
  now: () => number;
  /** Rejects when requests can't be served, with the reason. */
  ready: () => Promise<void>;
  /** How often an idle stream gets a comment, in milliseconds. Default 15,000. */
  keepAliveMs?: number;
}

/** The routes of `/v1/chat`, conversations and `/mcp`. */
export interface TalkParts {
  conversations: Conversations;
  /** What models are for clients of OpenAI's API. */
  models: ModelParts;
  /** The agreement of people, through which this caller agrees. */
  confirmationsOf: (caller: Caller) => Confirmations;
  /** Answers `/mcp`, every method, for this caller. */
  mcp: (request: Request, caller: Caller) => Promise<Response>;
  /** Chat turns at the same time; further ones get 429. */
  maxTurns?: number;
}

/** The routes that start batches, and those of jobs. */
export interface StartParts {
  /** The runner with the permissions of a caller. */
  runnerOf: (caller: Caller) => Runner;
  jobsOf: (caller: Caller) => Jobs;
  /** What a caller may start without a person's yes. */
  approval: (caller: Caller) => ApprovalParts;
  /** The tables as a caller may read them: of uploads, its own. */
  tablesOf: (caller: Caller) => Tables;
}

/** The routes of uploads and drafts. */
export interface WorkParts {
  uploads: Uploads;
  draftsOf: (caller: Caller) => Drafts;
  newId: (prefix: string) => string;
}

/** The routes that show what the service has done. */
export interface WatchParts {
  monitoringOf: (caller: Caller) => Monitoring;
  /** The metrics in the text format of Prometheus. */
  prometheus: () => Promise<string>;
}

/** The routes of agents, settings and prices. */
export interface AgentParts {
  registry: Registry;
  /** Saves an agent beside the registry's, as the next version of its name. @throws AppError `invalid_arguments` */
  saveAgent: (name: string, definition: AgentDefinition) => Promise<AgentDefinition>;
  /** Deletes a saved agent, or one version of it. @throws AppError `agent_not_found` */
  removeAgent: (name: string, version?: string) => Promise<void>;
  /** Runs an agent once, through the journal; a run that fails is a result. */
  tryAgent: (
    agent: AgentDefinition,
    options: { given: Given; signal: AbortSignal; caller: Caller },
  ) => Promise<TriedRun>;
  /** Suggests the fields of the answer to a prompt. @throws AppError as the run of the suggesting agent failed */
  suggestFields: (
    asked: { prompt: string; columns: readonly string[] },
    options: { signal: AbortSignal; caller: Caller },
  ) => Promise<SuggestedFields>;
  settings: () => Promise<Settings>;
  /** What models cost, each named as provider/model; without names those of the agents, and the default models. */
  prices: (models?: readonly string[]) => Promise<ModelPrice[]>;
}

/** The parts of the HTTP face, a group for each function that adds routes. */
export interface HttpParts {
  server: ServerParts;
  access: Access;
  audit: Pick<AuditStore, 'readAudit'>;
  /** Keeps the answers of requests with an `Idempotency-Key`. */
  idempotency: IdempotencyStore;
  talk: TalkParts;
  /** Starting batches and jobs. */
  start: StartParts;
  schedulesOf: (caller: Caller) => Schedules;
  work: WorkParts;
  watch: WatchParts;
  agents: AgentParts;
  /** The workbench; without it, only programs are served. */
  page?: Page;
}
