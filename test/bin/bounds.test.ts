import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands/commands.ts';
import { LAUNCHER } from '../cli/workspace.ts';

/** Prints its process as JSON, repeats a line of its standard input, and ends with 9 on SIGTERM. */
const ENTRY = `
const { once } = require('node:events');
exports.main = async (argv) => {
  const { pid, execArgv, env } = process;
  process.stdout.write(JSON.stringify({ pid, execArgv, arenas: env.MALLOC_ARENA_MAX, words: argv.slice(2) }) + '\\n');
  process.stdin.once('data', (line) => process.stdout.write(line));
  await once(process, 'SIGTERM');
  return 9;
};`;

/**
 * Fills the young generation with objects that survive, which makes it grow, until one half holds more than 16 MB or long
 * enough: ten times as long without bounds, because it grows later on a busy machine. Prints the most that one half could
 * hold, in bytes.
 */
const GROWING = `
const { getHeapSpaceStatistics } = require('node:v8');
exports.main = async (argv) => {
  const kept = [];
  const turns = argv[2] === 'run' ? 300 : 3_000;
  let most = 0;
  for (let turn = 0; turn < turns && most <= 16 * 2 ** 20; turn += 1) {
    for (let made = 0; made < 20_000; made += 1) kept.push({ turn, made: [made] });
    if (kept.length > 200_000) kept.length = 0;
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    most = Math.max(most, young.space_used_size + young.space_available_size);
  }
  process.stdout.write(String(most));
};`;

let root: string;
let launcher: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rowmill-bounds-'));
  launcher = join(root, 'bin', 'rowmill.js');
  mkdirSync(join(root, 'dist'));
  cpSync(dirname(LAUNCHER), dirname(launcher), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"type": "module"}');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const launch = (...words: string[]) => spawnSync(process.execPath, [launcher, ...words], { encoding: 'utf8' });

it('gives a command that runs rows bounds of memory in the same process, with its words, streams and signals', async () => {
  writeFileSync(join(root, 'dist', 'main.cjs'), ENTRY);
  const child = spawn(process.execPath, ['--no-deprecation', launcher, 'run', 'a b.csv', '--yes']);
  const complaints: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const { pid, execArgv, ...rest } = JSON.parse((await lines.next()).value ?? '');
  expect(pid).toBe(child.pid);
  expect(execArgv.slice(0, 2)).toEqual(['--no-deprecation', '--max-semi-space-size=16']);
  expect(rest).toEqual({ words: ['run', 'a b.csv', '--yes'] });
  child.stdin.write('a line\n');
  expect((await lines.next()).value).toBe('a line');
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([9, null]);
  expect(Buffer.concat(complaints).toString()).toBe('');
});

it('keeps each half of the young generation at 16 MB where rows run, which grows to 32 MB otherwise', () => {
  writeFileSync(join(root, 'dist', 'main.cjs'), GROWING);
  const bounded = Number(launch('run').stdout);
  expect(bounded).toBeGreaterThan(1e6);
  expect(bounded).toBeLessThanOrEqual(16 * 2 ** 20);
  expect(Number(launch('report').stdout)).toBeGreaterThan(16 * 2 ** 20);
});

it('starts no command twice whose time is that of its start', () => {
  writeFileSync(join(root, 'dist', 'main.cjs'), 'exports.main = async () => console.log(process.execArgv.length);');
  for (const words of [[], ['--help'], ['--version'], ['mcp'], ['report', 'run']])
    expect(launch(...words).stdout).toBe('0\n');
  expect(launch('serve').stdout).not.toBe('0\n');
});

it('names only commands that exist', () => {
  const named = /const BOUNDED = \[(.*)\]/.exec(readFileSync(LAUNCHER, 'utf8'))?.[1]?.match(/[\w-]+/g) ?? [];
  const known = COMMANDS.map(({ usage }) => usage.split(' ')[0]);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});
