import type { LeaseOwner } from '../../leases.ts';
import { parseOrNull } from '../batches/batch-record.ts';

/** After this long without a heartbeat an owner that may be alive has lost its lease. */
const LEASE_SILENCE_MS = 15_000;

/** How silence is judged. */
export interface LeaseClock {
  /** Wall clock, in milliseconds since the epoch. */
  now: () => number;
  /** The host's own monotonic clock, in milliseconds: shared by the processes of one boot, never set. */
  uptimeMs: () => number;
  isAlive: (owner: LeaseOwner) => boolean | 'unknown';
  /** This host and boot: only its heartbeats can be judged by `uptimeMs`. */
  here: { host: string; bootId: string };
}

/** What {@link holderOf} needs of a lease. */
export interface LeaseRow {
  owner: string | null;
  heartbeat_at: number | null;
  heartbeat_uptime_ms: number | null;
}

/**
 * The owner that still holds a lease, or null when it has lapsed: nobody has it, its process is gone, or it was silent.
 *
 * Silence of an owner of this boot is measured on the monotonic clock, so that setting the wall clock (or a suspended
 * laptop) takes no lease from a process that lives. Only for an owner elsewhere the wall clock has to do. A process
 * that lives and is silent all the same (SIGSTOP, a swapping machine) lapses after 15 s like any other; the epoch
 * keeps it from writing when it wakes.
 */
export function holderOf(lease: LeaseRow, clock: LeaseClock): LeaseOwner | null {
  const owner = parseOrNull<LeaseOwner>(lease.owner);
  if (owner === null || clock.isAlive(owner) === false) return null;
  const { host, bootId } = clock.here;
  const sameBoot = owner.host === host && owner.bootId === bootId && bootId !== 'unknown';
  const silentMs = sameBoot
    ? clock.uptimeMs() - (lease.heartbeat_uptime_ms ?? 0)
    : clock.now() - (lease.heartbeat_at ?? 0);
  return silentMs >= LEASE_SILENCE_MS ? null : owner;
}
