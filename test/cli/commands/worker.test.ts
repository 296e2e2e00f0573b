import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../workspace.ts';

let space: Workspace;
beforeAll(async () => {
  space = await createWorkspace();
});
afterAll(() => space.close());

const said = async (args: string[], env: Record<string, string> = {}) => {
  const { code, stderr } = await space.run(args, { env });
  return { code, stderr };
};

it('a worker without a Redis says which variable names it', async () => {
  const { code, stderr } = await said(['worker']);
  expect(code).toBe(2);
  expect(stderr).toContain('ROWMILL_REDIS_URL is not set');
});

it('no key beyond loopback, a short key and a wrong tag are refused before Redis is asked', async () => {
  const far = { ROWMILL_REDIS_URL: 'rediss://redis.example.invalid' };
  for (const [args, env, why] of [
    [['worker'], far, 'ROWMILL_WORKER_KEY must be set'],
    [['run', 'people.csv', '-a', 'greeter', '--mode', 'fleet'], far, 'ROWMILL_WORKER_KEY must be set'],
    [['worker'], { ...far, ROWMILL_WORKER_KEY: 'short' }, 'at least 16 characters'],
    [['worker', '--tags', 'Big-GPU'], {}, '--tags: a tag has 1 to 30 lower-case letters, digits or _'],
  ] as const) {
    const { code, stderr } = await said([...args], env);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  }
});

it('a batch for the fleet, and the list of workers, say that there is no fleet', async () => {
  for (const args of [
    ['run', 'people.csv', '-a', 'greeter', '--mode', 'fleet', '--yes'],
    ['workers', 'list'],
  ]) {
    const { code, stderr } = await said(args);
    expect(code).toBe(2);
    expect(stderr).toContain('There is no fleet here: ROWMILL_REDIS_URL is not set.');
  }
});
