import * as http from 'node:http';
import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { expect, test } from 'vitest';
import { createPublicLookup, isPublicAddress, requirePublicHost } from '../../../src/base/addresses/public-address.ts';

test.each([
  ...['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '192.167.255.255', '223.255.255.255'],
  ...['2606:4700:4700::1111', '2a00:1450:4001:82b::200e', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '64:ff9b::808:808'],
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  ...['127.0.0.1', '127.8.9.10', '0.0.0.0', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1'],
  ...['169.254.169.254', '192.0.0.170', '198.18.0.1', '192.0.2.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ...[
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fd00::1',
    'fec0::1',
    'ff02::1',
    '2001:db8::1',
    '2001::1',
    '2002:7f00:1::',
  ],
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::127.0.0.1', '64:ff9b::10.0.0.1', '64:ff9b::7f00:1'],
  ...['64:ff9b:1::808:808', '100::1', 'fd00:ec2::254', '', 'localhost', '1.2.3', '8.8.8.8 '],
])('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(['2130706433', '0x7f.1', '0177.0.0.1', '127.1', '[::1]', '[::ffff:127.0.0.1]', '169.254.169.254'])(
  'the host %s of a URL is refused',
  (host) => {
    expect(() => requirePublicHost(new URL(`http://${host}/`).hostname)).toThrow(/not an address of the public/);
  },
);

test('names and public addresses are not refused before they are resolved', () => {
  for (const host of ['example.com', 'localhost', '8.8.8.8', '[2606:4700:4700::1111]']) requirePublicHost(host);
});

/** A resolver that knows one answer, in both forms that Node asks for. */
function resolver(...addresses: string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_hostname, options, callback) => {
    if (options.all === true) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family);
  };
}

test.each([true, false])('a lookup (all: %s) refuses a host with a private address among public ones', (all) => {
  const lookup = createPublicLookup(resolver('10.1.2.3', '8.8.8.8'));
  lookup('mixed.example', { all }, (error) => {
    expect(error).toMatchObject({ code: 'location_denied', message: expect.stringContaining('10.1.2.3') });
  });
});

test('a lookup passes public addresses and errors on', () => {
  createPublicLookup(resolver('8.8.8.8'))('a.example', { all: true }, (error, found) => {
    expect([error, found]).toEqual([null, [{ address: '8.8.8.8', family: 4 }]]);
  });
  const unknown = Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
  createPublicLookup((_host, _options, callback) => callback(unknown, ''))('b.example', {}, (error) => {
    expect(error).toBe(unknown);
  });
});

test('neither node:http nor undici connects to a name that resolves to this machine', async () => {
  let connections = 0;
  const server = http
    .createServer((_request, response) => response.end('secret'))
    .on('connection', () => {
      connections += 1;
    });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const lookup = createPublicLookup(resolver('127.0.0.1'));
  const agent = new Agent({ connect: { lookup } });
  try {
    const byNode = new Promise((_done, fail) => {
      http.get(`http://inside.example:${port}/`, { lookup }).on('error', fail);
    });
    await expect(byNode).rejects.toMatchObject({ code: 'location_denied' });
    const byUndici = request(`http://inside.example:${port}/`, { dispatcher: agent });
    await expect(byUndici).rejects.toMatchObject({ code: 'location_denied' });
    expect(connections).toBe(0);
  } finally {
    await agent.close();
    server.close();
  }
});
