import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { currentOwner, isOwnerAlive, uptimeMs } from '../../src/storage/lease-owner.ts';

const onLinux = existsSync('/proc/self/stat');
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

describe('lease owner', () => {
  it('knows this process to be alive, and each owner apart', () => {
    const owner = currentOwner();
    expect(owner.pid).toBe(process.pid);
    expect(isOwnerAlive(owner)).toBe(true);
    expect(currentOwner().instance).not.toBe(owner.instance);
    expect({ ...currentOwner(), instance: '' }).toEqual({ ...owner, instance: '' });
  });

  it('knows a process that ended to be dead', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'close');
    expect(isOwnerAlive({ ...currentOwner(), pid: child.pid ?? 0, processStart: 'unknown' })).toBe(false);
  });

  it('is not sure about another host', () => {
    expect(isOwnerAlive({ ...currentOwner(), host: 'another host' })).toBe('unknown');
  });

  it('takes a process of another start, or an unknown start under a living pid, for what they are', () => {
    const owner = currentOwner();
    expect(isOwnerAlive({ ...owner, processStart: 'unknown' })).toBe(true);
    if (onLinux) expect(isOwnerAlive({ ...owner, processStart: '1' })).toBe(false);
  });

  it.runIf(onLinux)('takes an owner of an earlier boot for dead', () => {
    expect(isOwnerAlive({ ...currentOwner(), bootId: 'an earlier boot' })).toBe(false);
    expect(isOwnerAlive({ ...currentOwner(), bootId: 'unknown' })).toBe(true);
  });

  it.runIf(onLinux)('takes a stopped process for alive, and a zombie for dead', async () => {
    // The shell becomes a sleeper that never waits for its killed child, which so stays a zombie.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
    cleanups.push(async () => {
      parent.kill('SIGKILL');
      await once(parent, 'close');
    });
    const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
    const owner = { ...currentOwner(), pid: Number(printed.toString()), processStart: 'unknown' };
    await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
    process.kill(owner.pid, 'SIGSTOP');
    expect(isOwnerAlive(owner)).toBe(true);
    process.kill(owner.pid, 'SIGKILL');
    await expect.poll(() => isOwnerAlive(owner)).toBe(false);
    expect(() => process.kill(owner.pid, 0)).not.toThrow();
  });

  it('has a clock that only goes forward', () => {
    const before = uptimeMs();
    expect(uptimeMs()).toBeGreaterThanOrEqual(before);
  });
});
