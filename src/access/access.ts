import type { Caller } from '../runner/contract/caller.ts';

/** Who a client is. Every face ends in one {@link Caller}. */
export interface Access {
  /** Whether clients over HTTP need a key: true once there is one. */
  requiresKey(): Promise<boolean>;
  /** The caller whose key this is; undefined when no key that can be used has this text. */
  identify(secret: string, face: Caller['face']): Promise<Caller | undefined>;
  /**
   * The caller with an id that was stored with a conversation; without an id the local one.
   * @throws AppError `unauthorized` when its key was removed or revoked
   */
  callerOf(id: string | undefined, face: Caller['face']): Promise<Caller>;
}
