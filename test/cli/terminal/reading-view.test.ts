import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { Io } from '../../../src/cli/io.ts';
import { createReadingView } from '../../../src/cli/terminal/reading-view.ts';

function ioWith(isTerminal: boolean): { io: Io; written: () => string } {
  const stderr = new PassThrough();
  let text = '';
  stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const isTTY = { stdin: false, stdout: false, stderr: isTerminal };
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

it('draws how far a table is read, and takes it away', () => {
  const { io, written } = ioWith(true);
  const view = createReadingView(io);
  view.update({ done: 250_000, total: 1_000_000 });
  view.update({ done: 300_000 });
  view.stop();
  view.stop();
  expect(written()).toBe(
    `  ${'█'.repeat(7)}${'░'.repeat(21)} 25%  250,000 rows read\r\u001b[K  300,000 rows read\r\u001b[K`,
  );
});

it('writes nothing where there is no terminal', () => {
  const { io, written } = ioWith(false);
  const view = createReadingView(io);
  view.update({ done: 5 });
  view.stop();
  expect(written()).toBe('');
});
