import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

async function run(what: string) {
  const file = fileURLToPath(new URL('./watched-process.ts', import.meta.url));
  const child = spawn(process.execPath, [file, what], { stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (written.out += chunk));
  child.stderr.on('data', (chunk) => (written.err += chunk));
  const signal = await new Promise((done) => child.on('close', (_status, by) => done(by)));
  return { ...written, signal };
}

it('ends a process whose event loop is blocked, with one line that says what it did', { timeout: 30_000 }, async () => {
  const { err, signal } = await run('block');
  expect(signal).toBe('SIGALRM');
  expect(err.trim().split('\n')).toEqual([
    expect.stringMatching(
      /^rowmill: nothing else could run .* row 5 of batch bat_1, then the expression input_mapping\.a\.$/,
    ),
  ]);
});

it.each(['stopped', 'idle'])('leaves a process alone that was %s', { timeout: 30_000 }, async (what) => {
  expect(await run(what)).toEqual({ out: 'alive', err: '', signal: null });
});
