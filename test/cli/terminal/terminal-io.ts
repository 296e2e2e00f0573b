import { PassThrough } from 'node:stream';
import type { Io } from '../../../src/cli/io.ts';

/** A terminal of 80 columns, or none, and what was written on it. */
export function ioWith(isTerminal: boolean): { io: Io; written: () => string } {
  const stderr = Object.assign(new PassThrough(), { isTTY: isTerminal, columns: 80 });
  let text = '';
  stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const isTTY = { stdin: false, stdout: isTerminal, stderr: isTerminal };
  const io = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    isTTY,
    columns: 80,
    cwd: '/',
    colour: false,
  };
  return { io, written: () => text };
}
