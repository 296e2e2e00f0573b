import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { HOSTILE_CALLS } from './hostile-expressions.ts';

const CHILD = fileURLToPath(new URL('./run-hostile-expressions.ts', import.meta.url));
/** One second of evaluation, one last step, and garbage collection on other threads. */
const MOST_CPU_MS = 5000;

interface Line {
  source: string;
  code?: string;
  cpuMs?: number;
}

it('knows every function of JSONata', async () => {
  const source = await readFile(fileURLToPath(import.meta.resolve('jsonata')), 'utf8');
  const names = [...source.matchAll(/(?:staticFrame|environment)\.bind\('([A-Za-z0-9]+)'/g)].map((match) => match[1]);
  expect(Object.keys(HOSTILE_CALLS).sort()).toEqual([...new Set(names)].sort());
});

it('ends every function and operator on hostile data, within its heap', { timeout: 120_000 }, async () => {
  const child = spawn(process.execPath, ['--max-old-space-size=400', CHILD], { stdio: ['ignore', 'pipe', 'ignore'] });
  let written = '';
  child.stdout.on('data', (chunk: Buffer) => {
    written += String(chunk);
  });
  const status = await new Promise((done) => child.on('close', done));
  const lines = written
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const ended = lines.filter((line) => line.code !== undefined);
  expect(lines.at(-1), 'the expression that ended the process').toHaveProperty('code');
  expect(status).toBe(0);
  expect(ended.filter(({ code }) => code !== 'ok' && code !== 'expression_failed')).toEqual([]);
  expect(ended.filter(({ cpuMs = 0 }) => cpuMs > MOST_CPU_MS)).toEqual([]);
});
