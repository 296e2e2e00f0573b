import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readConfig } from '../../src/app/config.ts';
import { armFailpoint, FAILPOINTS } from '../../src/app/failpoints.ts';

const FAILPOINTS_URL = fileURLToPath(new URL('../../src/app/failpoints.ts', import.meta.url));

test('is read only where the environment says that it is a test', () => {
  const cwd = import.meta.dirname;
  expect(readConfig({ ROWMILL_FAILPOINT: 'after-intent' }, cwd).failpoint).toBeNull();
  expect(readConfig({ ROWMILL_FAILPOINT: 'after-intent', ROWMILL_TESTING: '1' }, cwd).failpoint).toBeNull();
  const testing = { ROWMILL_FAILPOINT: 'after-intent:2', ROWMILL_TESTING: 'failpoints' };
  expect(readConfig(testing, cwd).failpoint).toBe('after-intent:2');
});

test('refuses what names no window', () => {
  for (const setting of ['nowhere', 'after-intent:0', 'after-intent:1:wait', '']) {
    expect(() => armFailpoint(setting)).toThrow(/ROWMILL_FAILPOINT is .*write NAME\[:NTH\[:stop\]\]/);
  }
  for (const name of Object.keys(FAILPOINTS)) armFailpoint(name);
});

test('ends its process at the nth time, and no other window does', async () => {
  const script = `
    const { armFailpoint } = await import(${JSON.stringify(FAILPOINTS_URL)});
    const reach = armFailpoint('after-answer:3');
    for (const name of ['after-answer', 'after-intent', 'after-intent', 'after-answer', 'after-answer', 'after-answer']) {
      process.stdout.write(name[6]);
      reach(name);
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  const [, signal] = await once(child, 'close');
  expect(signal).toBe('SIGKILL');
  expect(printed).toBe('aiiaa');
});
