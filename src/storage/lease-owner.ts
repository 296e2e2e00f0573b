import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { LeaseOwner } from './store.ts';

const UNKNOWN = 'unknown';
/** The inode of the initial pid namespace on Linux (include/linux/proc_ns.h, PROC_PID_INIT_INO). */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

/** This process as a lease owner. `instance` is new with each call: call it once for a process. */
export function currentOwner(): LeaseOwner {
  return {
    instance: randomUUID(),
    ...currentHost(),
    pid: process.pid,
    processStart: readStat(process.pid)?.start ?? UNKNOWN,
  };
}

/**
 * This host and its boot; outside Linux the boot is `unknown`. In a container the host's name carries the pid
 * namespace, so that containers of one name don't judge each other's process ids.
 */
export function currentHost(): { host: string; bootId: string } {
  const namespace = readOr(() => readlinkSync('/proc/self/ns/pid'), INITIAL_PID_NAMESPACE);
  return {
    host: namespace === INITIAL_PID_NAMESPACE ? hostname() : `${hostname()} ${namespace}`,
    bootId: readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), UNKNOWN),
  };
}

/** The host's monotonic clock in milliseconds: the same for all processes of one boot, never set. */
export function uptimeMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/**
 * Whether an owner's process is running: `false` when it is known to be gone (no such process, another process under
 * its pid, a zombie, an earlier boot of this host), `unknown` on another host.
 */
export function isOwnerAlive(owner: LeaseOwner): boolean | 'unknown' {
  const here = currentHost();
  if (owner.host !== here.host) return UNKNOWN;
  if (owner.bootId !== here.bootId && owner.bootId !== UNKNOWN && here.bootId !== UNKNOWN) return false;
  const stat = readStat(owner.pid);
  // Without /proc, or with other users' processes hidden in it, the signal tells.
  if (stat === undefined) return answersSignal(owner.pid);
  if (stat.state === 'Z' || stat.state === 'X') return false;
  return owner.processStart === UNKNOWN || owner.processStart === stat.start;
}

function answersSignal(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    // EPERM: it is there and another user's.
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}

/** State and start time (fields 3 and 22 of proc(5)); the name before them may hold spaces and brackets. */
function readStat(pid: number): { state: string; start: string } | undefined {
  const text = readOr(() => readFileSync(`/proc/${pid}/stat`, 'utf8'), '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  return state === undefined || start === undefined ? undefined : { state, start };
}

function readOr(read: () => string, fallback: string): string {
  try {
    return read();
  } catch {
    return fallback;
  }
}
