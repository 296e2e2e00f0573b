import type { Readable } from 'node:stream';
import type { Conversations } from '../agent/conversation/conversation.ts';
import type { Log } from '../base/log.ts';
import type { Registry } from '../registry/registry.ts';
import type { Caller } from '../runner/contract/caller.ts';
import type { Runner } from '../runner/runner.ts';
import type { Confirmations } from '../tools/execute/confirmations.ts';
import type { OrchestratorTool } from '../tools/orchestrator-tool.ts';

/** The parts that are bound to one caller: the runner, and the five tools that use it. */
export interface AppBinding {
  runner: Runner;
  /** The same objects for the orchestrator, MCP clients and commands. */
  tools: OrchestratorTool[];
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
  config: { confirmAboveUsd: number; apiKeys: string[] };
  log: Log;
  /** `runner` and `tools` of another face: for the key's caller with this id, or without an id for the local user. */
  as(face: Caller['face'], callerId?: string): AppBinding;
  registry: Registry;
  /** Looks at the newest version of each agent; calls no model. */
  missingSettings(): Promise<MissingSettings>;
  conversations: Conversations;
  /** The agreement of people to spending. */
  confirmations: Confirmations;
  /** Drives lapsed batches in this process until `signal` (drains) or, with `untilIdle`, until none is left. */
  supervise(options: { signal: AbortSignal; hardSignal: AbortSignal; untilIdle: boolean }): Promise<void>;
  /** Copies stdin into the data directory, as a table. `remove` deletes the copy; it is idempotent. */
  copyStdin(stdin: Readable, signal: AbortSignal): Promise<{ uri: string; remove(): Promise<void> }>;
  /** Starts a detached runner process on this data directory if there are batches that no process drives. */
  ensureDetachedRunner(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}
