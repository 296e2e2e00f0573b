import { readFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RowmillProcess, Site } from './rowmill-process.ts';

/**
 * Stops a process with SIGSTOP, either inside a write transaction of its store or outside any. Inside one it blocks all
 * other processes. It is stopped and continued until it stands where it shall.
 */
export async function stopProcess(
  { child, stderr }: RowmillProcess,
  { env }: Site,
  where: 'inside' | 'outside',
): Promise<void> {
  const probe = new DatabaseSync(`${env['ROWMILL_DATA_DIR']}/rowmill.db`, { timeout: 0 });
  try {
    while (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGSTOP');
      while (!/^State:\tT/m.test(await readFile(`/proc/${child.pid}/status`, 'utf8'))) await sleep(1);
      if (isLocked(probe) === (where === 'inside')) return;
      child.kill('SIGCONT');
      await sleep(Math.random() * 10);
    }
    throw new Error(`It ended before it was stopped ${where} a transaction: ${stderr()}`);
  } finally {
    probe.close();
  }
}

function isLocked(probe: DatabaseSync): boolean {
  try {
    probe.exec('BEGIN IMMEDIATE');
    probe.exec('ROLLBACK');
    return false;
  } catch {
    return true;
  }
}
