import type { Caller } from '../runner/contract/caller.ts';
import type { Audit } from './audit.ts';
import type { KeyInfo, KeyRequest } from './key-info.ts';

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
  readonly keys: Keys;
  readonly sessions: Sessions;
  readonly audit: Audit;
}

/** The keys of clients. Every change is in the audit log. */
export interface Keys {
  /** The keys of the environment and the stored ones, the newest first. */
  list(): Promise<KeyInfo[]>;
  /**
   * Makes a key. Its text is returned here only: the store has its digest.
   * @throws AppError `name_taken`, `invalid_arguments`
   */
  create(request: KeyRequest, by: Caller): Promise<{ key: KeyInfo; secret: string }>;
  /**
   * Revokes a stored key by its id or name: its requests are refused from now on, and its sessions end.
   * @throws AppError `not_found`, `invalid_arguments` for one of the environment
   */
  revoke(idOrName: string, by: Caller): Promise<KeyInfo>;
}

/** Browsers that signed in with a key. */
export interface Sessions {
  /** Opens a session for the caller of a key. */
  open(caller: Caller): Promise<{ token: string; expiresAt: number }>;
  /** The caller of a session; undefined when it has ended, or its key was revoked. */
  identify(token: string, face: Caller['face']): Promise<Caller | undefined>;
  /** Ends a session. Idempotent. */
  close(token: string, caller: Caller): Promise<void>;
}
