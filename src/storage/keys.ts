/** A key that a client presents. The key itself is not stored. */
export interface KeyRecord {
  id: string;
  /** Unique among the keys that are not revoked. */
  name: string;
  /** SHA-256 of the key, base64url. */
  digest: string;
  scopes: string[];
  /** Whom it was made for, in words. */
  owner: string | null;
  /** What the batches that it starts may spend a day; null: no cap of its own. */
  budgetMicroUsd: number | null;
  requestsPerMinute: number | null;
  createdAt: number;
  usedAt: number | null;
  revokedAt: number | null;
}

/** A browser that signed in with a key. */
export interface SessionRecord {
  /** SHA-256 of the cookie's text, base64url. */
  digest: string;
  /** The id of the caller whose key it was. */
  caller: string;
  expiresAt: number;
}

/** Keys, and the sessions that were opened with them. The contract of `storage/store.ts` holds for every call. */
export interface KeyStore {
  /** False, and nothing is stored, when a key that is not revoked has the name. */
  insertKey(key: KeyRecord): Promise<boolean>;
  /** A key by its digest or its id, revoked or not. */
  readKey(by: { digest: string } | { id: string }): Promise<KeyRecord | undefined>;
  /** Every key, the newest first. */
  listKeys(): Promise<KeyRecord[]>;
  /** Whether a key was ever stored: revoking the last one must not open the server to everyone. */
  hasKeys(): Promise<boolean>;
  useKey(id: string, at: number): Promise<void>;
  /** Also ends the sessions of the key; false when there is none with this id that is not revoked. */
  revokeKey(id: string, at: number): Promise<boolean>;
  /** Also removes the sessions that have expired at `now`. */
  insertSession(session: SessionRecord, now: number): Promise<void>;
  readSession(digest: string): Promise<SessionRecord | undefined>;
  removeSession(digest: string): Promise<void>;
}
