import type { Command } from 'commander';
import type { AgentDefinition } from '../agent/definition.ts';
import type { App } from './app.ts';
import { type Io, type Paint, paintFor, widthOf } from './io.ts';
import type { Signals } from './signals.ts';

/** The faces of the app that commands must not import. */
export interface Faces {
  /** Resolves when it listens. `close` ends it, giving requests under way their time; idempotent. */
  /** `signal` stops it gracefully, `hardSignal` at once; `closed` resolves when every chat turn is stored. */
  http(
    app: App,
    options: { host: string; port: number; signal: AbortSignal; hardSignal: AbortSignal },
  ): Promise<{ url: string; closed: Promise<void> }>;
  /** MCP over the process's stdin and stdout; `done` resolves when the client has gone. `close` is idempotent. */
  mcp(app: App): Promise<{ done: Promise<void>; close(): Promise<void> }>;
}

/** How a command wants its app. */
export interface AppOptions {
  /** Laid over the process's environment. */
  environment?: Record<string, string>;
  /** The agents that there are, instead of those that the environment names. */
  agents?: readonly AgentDefinition[];
  /** Whether the command drives batches that are started by talking (`supervise`); otherwise a detached runner does. */
  drives?: boolean;
}

/** What every command is made from. */
export interface CommandContext {
  io: Io;
  /** The environment of the process, for commands that have variables of their own. */
  env: Record<string, string | undefined>;
  signals: Signals;
  faces: Faces;
  /** The app, made on first use. */
  app(options?: AppOptions): Promise<App>;
  /** Runs a command's body: its exit code becomes the process's, its faults are told as `--json` asks. */
  run(body: (output: Output) => Promise<number>): Promise<void>;
}

/** Where the body of a command writes, in the form that was asked for. */
export interface Output {
  json: boolean;
  paint: Paint;
  /** Columns to lay tables out for; infinite where stdout is no terminal. */
  width: number;
  /** Columns at which running text is broken; infinite where nobody looks at lines. */
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
