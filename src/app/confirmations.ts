import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Json } from '../protocol/messages.ts';
import type { Confirmations } from '../tools/execute/confirmations.ts';

/** How long a person has to confirm, in milliseconds. */
const LIFETIME_MS = 15 * 60_000;
const NONCE_BYTES = 9;
/** Nonce, expiry (seconds, 4 bytes), expected dollars (a double; NaN is unknown). */
const PAYLOAD_BYTES = NONCE_BYTES + 4 + 8;
const MAC_BYTES = 18;

/** @param key reads the secret of the data directory; called on first need */
export function createConfirmations({ key, now }: { key: () => Buffer; now: () => number }): Confirmations {
  const sign = (payload: Buffer, request: Json): Buffer =>
    createHmac('sha256', key())
      .update(payload)
      .update(createHash('sha256').update(canonical(request)).digest())
      .digest()
      .subarray(0, MAC_BYTES);
  return {
    issue(request, expectedUsd) {
      const expires = Math.floor((now() + LIFETIME_MS) / 1000);
      const payload = Buffer.alloc(PAYLOAD_BYTES);
      randomBytes(NONCE_BYTES).copy(payload);
      payload.writeUInt32BE(expires, NONCE_BYTES);
      payload.writeDoubleBE(expectedUsd ?? Number.NaN, NONCE_BYTES + 4);
      const token = Buffer.concat([payload, sign(payload, request)]).toString('base64url');
      return { token, expiresAt: expires * 1000 };
    },
    check(token, request) {
      const bytes = Buffer.from(token, 'base64url');
      const payload = bytes.subarray(0, PAYLOAD_BYTES);
      const mac = bytes.subarray(PAYLOAD_BYTES);
      if (mac.length !== MAC_BYTES || !timingSafeEqual(mac, sign(payload, request))) {
        return 'The confirmation_token is not valid here: it belongs to exactly the arguments that it was issued for.';
      }
      if (payload.readUInt32BE(NONCE_BYTES) * 1000 <= now()) return 'The confirmation_token has expired.';
      const expected = payload.readDoubleBE(NONCE_BYTES + 4);
      const nonce = payload.subarray(0, NONCE_BYTES).toString('base64url');
      return { nonce, expectedUsd: Number.isNaN(expected) ? null : expected };
    },
  };
}

/** JSON whose keys are in order, so that equal requests have equal texts. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
