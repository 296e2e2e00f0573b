import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A certificate and its key, as PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** An authority that signs certificates for servers of a test. */
export interface Authority {
  /** Its own certificate, as PEM: what a client has to trust. */
  cert: string;
  /** A certificate for a name, or for an IPv4 address. */
  issue(host: string): Certificate;
}

/** Makes an authority with a new key. X.509 version 3 (RFC 5280), ECDSA with SHA-256. */
export function createAuthority(name: string): Authority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const isAuthority = extension('2.5.29.19', der(0x30, der(0x01, Buffer.of(0xff))), true);
  return {
    cert: certificate({ subject: name, issuer: name, key: own.publicKey, extensions: [isAuthority] }, own.privateKey),
    issue(host) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const numbers = host.split('.').map(Number);
      const isAddress = numbers.length === 4 && numbers.every((number) => number >= 0);
      const place = isAddress ? der(0x87, Buffer.from(numbers)) : der(0x82, Buffer.from(host));
      const extensions = [extension('2.5.29.17', der(0x30, place))];
      return {
        cert: certificate({ subject: host, issuer: name, key: pair.publicKey, extensions }, own.privateKey),
        key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

interface Signed {
  subject: string;
  issuer: string;
  key: KeyObject;
  extensions: Buffer[];
}

function certificate({ subject, issuer, key, extensions }: Signed, signer: KeyObject): string {
  const algorithm = der(0x30, identifier('1.2.840.10045.4.3.2'));
  const publicKey = key.export({ type: 'spki', format: 'der' });
  const serial = createHash('sha256').update(publicKey).digest().subarray(0, 16);
  serial[0] = 0x40;
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    algorithm,
    distinguished(issuer),
    der(0x30, der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z'))),
    distinguished(subject),
    publicKey,
    der(0xa3, der(0x30, ...extensions)),
  );
  const whole = der(0x30, body, algorithm, der(0x03, Buffer.of(0), sign('sha256', body, signer)));
  const lines = whole
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

/** A name of one part, the common name. */
function distinguished(name: string): Buffer {
  return der(0x30, der(0x31, der(0x30, identifier('2.5.4.3'), der(0x0c, Buffer.from(name)))));
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  const critical = isCritical ? [der(0x01, Buffer.of(0xff))] : [];
  return der(0x30, identifier(id), ...critical, der(0x04, value));
}

function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = rest.flatMap((part) => {
    const groups = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return der(0x06, Buffer.of(first * 40 + second, ...bytes));
}

/** One element of DER: its tag, its length and its content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}
