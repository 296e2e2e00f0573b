import { randomUUID } from 'node:crypto';
import { currentProcess, isProcessAlive } from '../base/process/process-identity.ts';
import type { LeaseOwner } from './leases.ts';

/** This process as a lease owner. `instance` is new with each call: call it once for a process. */
export function currentOwner(): LeaseOwner {
  return { instance: randomUUID(), ...currentProcess() };
}

/** The host's monotonic clock in milliseconds: the same for all processes of one boot, and never adjusted. */
export function uptimeMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** Whether an owner's process is running; see {@link isProcessAlive}. */
export function isOwnerAlive(owner: LeaseOwner): boolean | 'unknown' {
  return isProcessAlive(owner);
}
