import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The value where the system does not report one. */
const UNKNOWN = 'unknown';
/** The inode of the initial pid namespace on Linux (include/linux/proc_ns.h, PROC_PID_INIT_INO). */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

/** Identifies a process among all processes, also those of earlier boots and of other hosts. */
export interface ProcessIdentity {
  host: string;
  bootId: string;
  pid: number;
  /** The process's start time as the kernel counts it; it distinguishes processes that get the same pid. */
  processStart: string;
}

/** This process. */
export function currentProcess(): ProcessIdentity {
  return { ...currentHost(), pid: process.pid, processStart: readStat(process.pid)?.start ?? UNKNOWN };
}

/**
 * This host and its boot; outside Linux the boot is `unknown`. In a container the host's name carries the pid
 * namespace, so that containers of one name don't check each other's process ids.
 */
export function currentHost(): { host: string; bootId: string } {
  const namespace = readOr(() => readlinkSync('/proc/self/ns/pid'), INITIAL_PID_NAMESPACE);
  return {
    host: namespace === INITIAL_PID_NAMESPACE ? hostname() : `${hostname()} ${namespace}`,
    bootId: readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), UNKNOWN),
  };
}

/**
 * Whether a process is running: `false` when it is known to be gone (no such process, another process under its pid, a
 * zombie, an earlier boot of this host), `unknown` on another host.
 */
export function isProcessAlive(other: ProcessIdentity): boolean | 'unknown' {
  return isAliveFrom(currentHost(), other);
}

function isAliveFrom(here: { host: string; bootId: string }, other: ProcessIdentity): boolean | 'unknown' {
  if (other.host !== here.host) return UNKNOWN;
  if (other.bootId !== here.bootId && other.bootId !== UNKNOWN && here.bootId !== UNKNOWN) return false;
  const stat = readStat(other.pid);
  // Without /proc, or with other users' processes hidden in it, a signal shows whether the process exists.
  if (stat === undefined) return answersSignal(other.pid);
  if (stat.state === 'Z' || stat.state === 'X') return false;
  return other.processStart === UNKNOWN || other.processStart === stat.start;
}

/** An id of this process: at most 40 characters, all valid in a file name. */
export function processMark(): string {
  const { host, bootId, pid, processStart } = currentProcess();
  return `${shortened(host)}-${shortened(bootId)}-${pid}-${processStart}`;
}

/** As {@link isProcessAlive}, for a {@link processMark}; `unknown` for any other text. */
export function isMarkAlive(mark: string): boolean | 'unknown' {
  const [host = '', bootId = '', pid = '', processStart = ''] = mark.split('-');
  if (!/^\d+$/.test(pid) || processStart === '') return UNKNOWN;
  const here = currentHost();
  return isAliveFrom(
    { host: shortened(here.host), bootId: shortened(here.bootId) },
    { host, bootId, pid: Number(pid), processStart },
  );
}

function shortened(text: string): string {
  return text === UNKNOWN ? UNKNOWN : createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function answersSignal(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    // EPERM: the process exists and belongs to another user.
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
