import type { Command } from 'commander';
import type { AgentDefinition } from '../agent/definition.ts';
import type { App } from './app.ts';
import { type Io, type Paint, paintFor, widthOf } from './io.ts';
import type { Signals } from './signals.ts';

/** The HTTP and MCP servers of the app, passed in because commands must not import them. */
export interface Faces {
  /**
   * Resolves when the server listens. `signal` stops it gracefully, `hardSignal` immediately. `closed` resolves when
   * every chat turn is stored. `notice` is shown on every page.
   */
  http(
    app: App,
    options: { host: string; port: number; signal: AbortSignal; hardSignal: AbortSignal; notice?: string },
  ): Promise<{ url: string; closed: Promise<void> }>;
  /** MCP over the process's stdin and stdout; `done` resolves when the client disconnects. `close` is idempotent. */
  mcp(app: App): Promise<{ done: Promise<void>; close(): Promise<void> }>;
  /** Runs rows for a fleet, without a store, until `signal` drains it. */
  worker(options: WorkerFace): Promise<void>;
}

/** The options of a worker. */
export interface WorkerFace {
  tags: string[];
  /** How many rows it runs at a time. */
  concurrency: number;
  /** Once it fires, the rows in progress are finished and no others begun. */
  signal: AbortSignal;
  /** Once it fires, calls in flight are cancelled. */
  hardSignal: AbortSignal;
  /** Where it answers `/healthz` and `/metrics`; absent: nowhere. */
  health: { host: string; port: number } | undefined;
  /** Called when the worker takes rows. */
  onReady(worker: { id: string; health: string | undefined }): void;
}

/** The options of the app that a command needs. */
export interface AppOptions {
  /** The address of the server whose batches, jobs and keys the command is about, instead of those of this machine. */
  server?: string;
  /** Variables that override the process's environment. */
  environment?: Record<string, string>;
  /** The only agents of the app, instead of the agents that the environment names. */
  agents?: readonly AgentDefinition[];
  /** Whether the command drives the batches that a chat starts (`supervise`); otherwise a detached runner does. */
  drives?: boolean;
}

/** The parts that every command gets. */
export interface CommandContext {
  io: Io;
  /** The environment of the process, for commands with their own variables. */
  env: Record<string, string | undefined>;
  signals: Signals;
  faces: Faces;
  /** The app, made on first use. */
  app(options?: AppOptions): Promise<App>;
  /** Runs a command's body. Its exit code becomes the process's; its faults are printed, as JSON with `--json`. */
  run(body: (output: Output) => Promise<number>): Promise<void>;
}

/** The output of a command's body: text, or one JSON document with `--json`. */
export interface Output {
  json: boolean;
  paint: Paint;
  /** Columns to lay tables out for; infinite where stdout is no terminal. */
  width: number;
  /** Columns at which prose is wrapped; infinite where stdout is no terminal or its width is unknown. */
  textWidth: number;
  /** The one JSON document of `--json`; nothing without it. */
  document(value: unknown): void;
  /** A line of the result, on stdout; nothing with `--json`. */
  line(text?: string): void;
  /** A line beside the result, on stderr; nothing with `--json`. */
  note(text: string): void;
}

export function createOutput(io: Io, json: boolean): Output {
  return {
    json,
    paint: paintFor(io),
    width: io.isTTY.stdout ? widthOf(io) : Number.POSITIVE_INFINITY,
    textWidth: io.isTTY.stdout && io.columns !== undefined ? widthOf(io) : Number.POSITIVE_INFINITY,
    document: (value) => {
      if (json) io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    line: (text = '') => {
      if (!json) io.stdout.write(`${text}\n`);
    },
    note: (text) => {
      if (!json) io.stderr.write(`${text}\n`);
    },
  };
}

/** A subcommand with the option that every command has. */
export function newCommand(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).option('--json', 'print one JSON document on stdout');
}
