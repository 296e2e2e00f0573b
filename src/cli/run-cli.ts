import { Command, CommanderError } from 'commander';
import { AppError, toAppError } from '../base/errors.ts';
import type { App } from './app.ts';
import { type AppOptions, type CommandContext, createOutput, type Faces, newCommand } from './command-context.ts';
import { COMMANDS } from './commands/commands.ts';
import { EXIT, exitCodeOfError } from './exit-codes.ts';
import { type Io, paintFor, widthOf } from './io.ts';
import type { Signals } from './signals.ts';
import { manyLines } from './terminal/safe-text.ts';
import { wrapText } from './terminal/word-wrap.ts';

export interface RunCliOptions {
  /** As `process.argv`: the program and the script come first. */
  argv: string[];
  version: string;
  /** Makes the app; called at most once. */
  app: (options: AppOptions) => Promise<App>;
  faces: Faces;
  io: Io;
  env?: Record<string, string | undefined>;
  signals: Signals;
}

/**
 * Runs one command line.
 * Contract: never rejects; resolves to the exit status of exit-codes.ts, with the app closed and stdout written.
 */
export async function runCli(options: RunCliOptions): Promise<number> {
  const { io } = options;
  const { argv, server } = serverOf(options.argv);
  const json = argv.includes('--json');
  let made: Promise<App> | undefined;
  let exitCode: number = EXIT.completed;
  /** Commander's text for stderr. It is printed only when no command is named; `tellFault` prints every other fault. */
  const help: string[] = [];
  const context: CommandContext = {
    io,
    env: options.env ?? {},
    signals: options.signals,
    faces: options.faces,
    app: (wishes = {}) => {
      made ??= options.app({ ...wishes, ...(server !== undefined && { server }) });
      return made;
    },
    run: async (body) => {
      exitCode = await body(createOutput(io, json));
    },
  };
  try {
    const program = createProgram(context, { version: options.version, writeErr: (text) => help.push(text) });
    if (server !== undefined) refuseLocal(argv[2]);
    await addCommands(program, context, argv);
    await program.parseAsync(argv);
  } catch (thrown) {
    exitCode = await tellFault(thrown, { io, json, help: help.join('') });
  }
  try {
    await (await made)?.close();
  } catch (thrown) {
    // The failure to make the app has been printed above.
    if (exitCode === EXIT.completed) exitCode = await tellFault(thrown, { io, json, help: '' });
  }
  return exitCode;
}

/** The command line without `--server URL`, which may stand anywhere in it. */
function serverOf(argv: string[]): { argv: string[]; server?: string | undefined } {
  const end = argv.indexOf('--');
  const at = argv.findIndex((word, place) => /^--server(=|$)/.test(word) && (end === -1 || place < end));
  const word = argv[at];
  if (word === undefined) return { argv };
  const [server, length] = word === '--server' ? [argv[at + 1] ?? '', 2] : [word.slice('--server='.length), 1];
  return { argv: argv.toSpliced(at, length), server };
}

/** @throws AppError `option_not_supported` for a command that needs the data directory */
function refuseLocal(name: string | undefined): void {
  const command = COMMANDS.find(({ usage }) => usage.split(' ')[0] === name);
  const why = command?.localBecause;
  if (why === undefined) return;
  const text = `"rowmill ${name}" works on this machine only: ${why}. Leave out --server.`;
  throw new AppError('option_not_supported', text);
}

function createProgram(
  context: CommandContext,
  { version, writeErr }: { version: string; writeErr: (text: string) => void },
): Command {
  const program = new Command('rowmill');
  const paint = paintFor(context.io);
  program
    .description('Runs an LLM agent over every row of a table and gives back typed columns.')
    .version(version, '-V, --version', 'print the version')
    .option('--server <url>', 'run the command against a server (its key: ROWMILL_API_KEY)')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.io.stdout.write(text),
      writeErr,
      getOutHelpWidth: () => Math.min(110, widthOf(context.io)),
      getErrHelpWidth: () => Math.min(110, widthOf(context.io)),
      getOutHasColors: () => context.io.colour,
    })
    .configureHelp({
      styleTitle: (title) => paint('bold', title),
      styleCommandText: (text) => paint('cyan', text),
      styleSubcommandText: (text) => paint('cyan', text),
      styleOptionText: (text) => paint('cyan', text),
      styleArgumentText: (text) => paint('cyan', text),
    });
  program.addHelpText('after', HELP);
  return program;
}

/**
 * Adds the command that `argv` names, with its options and subcommands. If it names none, adds the names of all, so that
 * help and suggestions are complete and no command's module is loaded.
 */
async function addCommands(program: Command, context: CommandContext, argv: string[]): Promise<void> {
  const asked = COMMANDS.find(({ usage }) => usage.split(' ')[0] === argv[2]);
  if (asked !== undefined) {
    const add = await asked.load();
    add(newCommand(program, argv[2] ?? '', asked.description), context);
    return;
  }
  for (const { usage, group, description } of COMMANDS.filter(({ isHidden }) => isHidden !== true)) {
    program.commandsGroup(group);
    newCommand(program, usage, description);
  }
}

const HELP = `
Examples:
  rowmill demo                                        see it work; no key needed
  rowmill analyze addresses.csv                       show what is in a table
  rowmill run addresses.csv --agent NAME --sample 5   try an agent on five rows
  rowmill chat                                        say in words what to do

Exit status: 0 completed, 1 fault, 2 bad arguments or validation, 3 rows failed,
4 paused, 5 cancelled, 130 interrupted.
A table is a CSV, TSV, JSONL or JSON file, compressed (.gz, .zst) or not, a
sheet of an XLSX workbook (book.xlsx#Sheet2), or a Parquet file. It is named by
a path, an s3:// or an https:// URI.`;

/** Prints a fault once, as text or as JSON; returns its exit status. */
async function tellFault(
  thrown: unknown,
  { io, json, help }: { io: Io; json: boolean; help: string },
): Promise<number> {
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return EXIT.completed;
    const isMissing = thrown.code === 'commander.help';
    const message = isMissing ? 'Name a command; --help lists them.' : sentence(thrown.message);
    if (isMissing && !json) io.stderr.write(help);
    else tell({ code: 'invalid_arguments', message }, io, json);
    return EXIT.invalid;
  }
  const error = toAppError(thrown);
  // Commands that have no fault need not load the contract.
  const { inFlags } = await import('./arguments/option-words.ts');
  tell({ code: error.code, message: inFlags(error.message) }, io, json);
  if (error.code === 'internal' && !json) io.stderr.write(`${manyLines(stackOf(error))}\n`);
  return exitCodeOfError(error.code);
}

function tell(error: Pick<AppError, 'code' | 'message'>, io: Io, json: boolean): void {
  if (json) {
    io.stdout.write(`${JSON.stringify({ error: { code: error.code, message: error.message } }, null, 2)}\n`);
  } else {
    const paint = paintFor(io);
    const text = `${paint('red', 'rowmill:')} ${manyLines(error.message)} ${paint('dim', `(${error.code})`)}`;
    io.stderr.write(`${wrapText(text, io.isTTY.stderr ? widthOf(io) : Number.POSITIVE_INFINITY).join('\n')}\n`);
  }
}

/** Commander's messages without their prefix. */
function sentence(message: string): string {
  const text = message.replace(/^error: /, '').replaceAll('\n', ' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') || text.endsWith(')') ? '' : '.'}`;
}

function stackOf(error: AppError): string {
  return (error.cause instanceof Error ? error.cause.stack : error.stack) ?? '';
}
