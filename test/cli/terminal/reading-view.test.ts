import { expect, it } from 'vitest';
import { createReadingView } from '../../../src/cli/terminal/reading-view.ts';
import { ioWith } from './terminal-io.ts';

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
