import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { AppError } from '../base/errors.ts';

/** Encrypts and signs what goes through Redis: AES-256-GCM, bound to the place where the message is put. */
export interface Envelope {
  /** Names the key and does not tell it. */
  readonly keyId: string;
  seal(text: string, place: string): Buffer;
  /** @throws AppError `unauthorized` for a message of another key, of another place, or without a key */
  open(sealed: Buffer, place: string): string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The first byte of a message says how it is sealed. */
const PLAIN = 0;
const KEYED = 1;

/** @param secret the key that coordinator and workers share; null: messages are neither encrypted nor signed */
export function createEnvelope(secret: string | null): Envelope {
  if (secret === null) return plain;
  const nextNonce = createNonces();
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'rowmill fleet', 32));
  const keyId = Buffer.from(hkdfSync('sha256', secret, '', 'rowmill fleet key id', 6)).toString('hex');
  return {
    keyId,
    seal(text, place) {
      const nonce = nextNonce();
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(place));
      const body = [cipher.update(text, 'utf8'), cipher.final()];
      return Buffer.concat([Buffer.of(KEYED), nonce, cipher.getAuthTag(), ...body]);
    },
    open(sealed, place) {
      if (sealed[0] !== KEYED) throw refused('it is not encrypted, and ROWMILL_WORKER_KEY is set here');
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const body = 1 + NONCE_BYTES + TAG_BYTES;
      if (sealed.length < body) throw refused('it is too short');
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(place));
      decipher.setAuthTag(sealed.subarray(1 + NONCE_BYTES, body));
      try {
        return decipher.update(sealed.subarray(body), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        throw refused('it was not made with the ROWMILL_WORKER_KEY that is set here, or was changed');
      }
    },
  };
}

/** Random bytes are made for this many nonces together: a call for each costs as much as a short message. */
const NONCES = 64;

function createNonces(): () => Buffer {
  let made = Buffer.alloc(0);
  let at = 0;
  return () => {
    if (at === made.length) {
      made = randomBytes(NONCE_BYTES * NONCES);
      at = 0;
    }
    at += NONCE_BYTES;
    return made.subarray(at - NONCE_BYTES, at);
  };
}

const plain: Envelope = {
  keyId: 'plain',
  seal: (text) => Buffer.concat([Buffer.of(PLAIN), Buffer.from(text)]),
  open(sealed) {
    if (sealed[0] !== PLAIN) throw refused('it is encrypted, and ROWMILL_WORKER_KEY is not set here');
    return sealed.toString('utf8', 1);
  },
};

function refused(why: string): AppError {
  return new AppError('unauthorized', `A message of the fleet was refused: ${why}.`);
}
