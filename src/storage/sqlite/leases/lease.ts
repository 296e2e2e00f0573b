import type { LeaseOwner } from '../../leases.ts';
import { parseOrNull } from '../batches/batch-record.ts';

/** An owner that may be alive loses its lease after this time without a heartbeat. */
const LEASE_SILENCE_MS = 15_000;

/** The clocks and checks that decide whether an owner is silent or dead. */
export interface LeaseClock {
  /** Wall clock, in milliseconds since the epoch. */
  now: () => number;
  /** The host's monotonic clock, in milliseconds: shared by the processes of one boot, never adjusted. */
  uptimeMs: () => number;
  isAlive: (owner: LeaseOwner) => boolean | 'unknown';
  /** This host and boot: only its heartbeats can be judged by `uptimeMs`. */
  here: { host: string; bootId: string };
}

/** The columns of a lease that {@link holderOf} reads. */
export interface LeaseRow {
  owner: string | null;
  heartbeat_at: number | null;
  heartbeat_uptime_ms: number | null;
}

/**
 * The owner that still holds a lease, or null when the lease has lapsed: it has no owner, its owner's process is gone,
 * or its owner was silent.
 *
 * Silence of an owner of this boot is measured on the monotonic clock, so that setting the wall clock (or suspending a
 * laptop) takes no lease from a running process. The wall clock is used only for an owner elsewhere. The lease of a
 * process that is alive but silent (SIGSTOP, a swapping machine) also lapses after 15 s; the epoch prevents its writes
 * when it wakes.
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
