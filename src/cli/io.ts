import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { createNotices, type Notices } from './terminal/notices.ts';

/** Where a command reads and writes. Results go to `stdout`; progress, questions and faults to `stderr`. */
export interface Io {
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable;
  stderr: Writable;
  /** Whether each stream is a terminal. */
  isTTY: { stdin: boolean; stdout: boolean; stderr: boolean };
  /** Width of the terminal in columns; undefined when there is none. */
  columns: number | undefined;
  /** Folder against which relative paths of arguments are resolved. */
  cwd: string;
  /** Prints sentences above the progress bar; absent where stderr is no terminal. */
  notices?: Notices;
  /** Whether to print colours (on a terminal, unless NO_COLOR is set). */
  colour: boolean;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta';

/** Colours text if colours are enabled; otherwise returns it unchanged. */
export type Paint = (style: Style, text: string) => string;

export function paintFor(io: Pick<Io, 'colour'>): Paint {
  return (style, text) => (io.colour ? styleText(style, text, { validateStream: false }) : text);
}

/** The width to lay out for: the terminal's, at least 40; 100 where there is none. */
export function widthOf(io: Pick<Io, 'columns'>): number {
  return Math.max(40, io.columns ?? 100);
}

/** A reader that closes the pipe early (`| head`) is not a fault: later writes are discarded. */
function ignoreGoneReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** The process's own streams. */
export function processIo(process: NodeJS.Process, env: Record<string, string | undefined>): Io {
  process.stdout.on('error', ignoreGoneReader);
  const isTTY = {
    stdin: process.stdin.isTTY === true,
    stdout: process.stdout.isTTY === true,
    stderr: process.stderr.isTTY === true,
  };
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    ...(isTTY.stderr && { notices: createNotices(process.stderr) }),
    isTTY,
    columns: process.stdout.columns ?? process.stderr.columns,
    cwd: process.cwd(),
    colour: isTTY.stdout && isTTY.stderr && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
  };
}
