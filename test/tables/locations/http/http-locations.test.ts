import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSilentLog } from '../../../../src/base/log.ts';
import { createByteLocations } from '../../../../src/tables/locations/byte-locations.ts';
import { createHttpStore } from '../../../../src/tables/locations/http/http-locations.ts';
import type { Tables } from '../../../../src/tables/table.ts';
import { createTables } from '../../../../src/tables/tables.ts';
import { faultOf, readAll } from '../../../contracts/tables-place.ts';

const TABLE = 'word\none\ntwo\n';

let server: Server;
let port: number;
let folder: string;
let now: number;
let seen: string[];
let connections: number;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  seen = [];
  connections = 0;
  now = Date.now();
  answer = (_, response) => response.end(TABLE);
  folder = join(await mkdtemp(join(tmpdir(), 'rowmill-http-')), 'spool');
  server = createServer((request, response) => {
    seen.push(`${request.headers.host} ${request.url}`);
    answer(request, response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(join(folder, '..'), { recursive: true });
});

/** Every name leads to the server of the test. */
const toServer: LookupFunction = (_, { all }, callback) =>
  all === true ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4);

function open({ hosts = ['named.example'], maxBytes }: { hosts?: string[]; maxBytes?: number } = {}): Tables {
  const reach = { hosts: new Set(hosts), lookup: toServer };
  const store = createHttpStore({ folder, reach, now: () => now, ...(maxBytes !== undefined && { maxBytes }) });
  return createTables({ roots: [], locations: [createByteLocations(store)], log: createSilentLog() });
}

const cells = async (tables: Tables, uri: string) => (await readAll(tables, uri)).rows.map((row) => row.cells[0]);
const named = (path: string) => `http://named.example:${port}/${path}`;

test('reads a table, and keeps a copy that only this user can read', async () => {
  expect(await cells(open(), named('a.csv'))).toEqual(['one', 'two']);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  const names = await readdir(folder);
  expect(names.map((name) => name.replace(/^http-[0-9a-f]+(\.[0-9a-f]{12})?/, '')).toSorted()).toEqual([
    '.data',
    '.json',
  ]);
  for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
});

test('refuses a host with a private address that is not named, and connects to nothing', async () => {
  const uris = [
    `https://other.example:${port}/a.csv`,
    `https://127.0.0.1:${port}/a.csv`,
    `https://0x7f000001:${port}/a.csv`,
    `https://[::1]:${port}/a.csv`,
    `https://[::ffff:127.0.0.1]:${port}/a.csv`,
    `https://[64:ff9b::7f00:1]:${port}/a.csv`,
    `https://169.254.169.254/latest/meta-data`,
    `https://100.64.1.1/a.csv`,
  ];
  for (const uri of uris) {
    const fault = await faultOf(open().openSource(uri));
    expect(fault.code, uri).toBe('location_denied');
    expect(fault.message).toContain('ROWMILL_HTTP_SOURCES=');
  }
  expect(connections).toBe(0);
});

test('checks every address that a redirect leads to', async () => {
  const targets = [
    [`https://127.0.0.1:${port}/x.csv`, 'not an address of the public internet'],
    [`https://rebound.example:${port}/x.csv`, 'has the address 127.0.0.1'],
    [`http://127.0.0.1:${port}/x.csv`, 'without encryption'],
    ['file:///etc/passwd', 'redirects to file:'],
  ] as const;
  for (const [location, words] of targets) {
    answer = (_, response) => response.writeHead(302, { location }).end();
    const fault = await faultOf(open().openSource(named('a.csv')));
    expect(fault.code, location).toBe('location_denied');
    expect(fault.message).toContain(words);
  }
  expect(seen).toEqual(targets.map(() => `named.example:${port} /a.csv`));
  expect(connections).toBe(targets.length);
});

test('follows a few redirects to hosts that may be read, and then gives up', async () => {
  answer = (request, response) => {
    if (request.url === '/a.csv') response.writeHead(307, { location: 'b.csv' }).end();
    else response.end(TABLE);
  };
  expect(await cells(open(), named('a.csv'))).toEqual(['one', 'two']);
  answer = (_, response) => response.writeHead(301, { location: '/again' }).end();
  const fault = await faultOf(open().openSource(named('c.csv')));
  expect(fault.message).toContain('redirects too often');
});

test('refuses plain HTTP, credentials and outputs before anything is sent', async () => {
  const secret = 'https://named.example/a.csv?token=abc';
  expect(await faultOf(open().openSource(`http://plain.example:${port}/a.csv`))).toMatchObject({
    code: 'uri_invalid',
    message: expect.stringContaining('ROWMILL_HTTP_SOURCES=plain.example'),
  });
  for (const uri of [`http://user:password@named.example:${port}/a.csv`, secret]) {
    const fault = await faultOf(open().openSource(uri));
    expect(fault.code).toBe('uri_invalid');
    expect(fault.message).not.toMatch(/password|abc/);
  }
  expect((await faultOf(open().checkWriter(named('out.csv'), []))).message).toContain('can be read, not written');
  expect(connections).toBe(0);
});

test('refuses more bytes than the limit, announced or not, and keeps nothing of them', async () => {
  expect((await faultOf(open({ maxBytes: 5 }).openSource(named('a.csv')))).code).toBe('payload_too_large');
  answer = (_, response) => {
    response.write('word\n');
    response.end('x'.repeat(1000));
  };
  expect((await faultOf(open({ maxBytes: 500 }).openSource(named('b.csv')))).code).toBe('payload_too_large');
  expect(await readdir(folder)).toEqual([]);
});

test('gives up a server that sends a few bytes a minute, and keeps nothing of them', async () => {
  answer = (_, response) => {
    response.write(TABLE);
    const timer = setInterval(() => {
      now += 20_000;
      response.write('x\n');
    }, 1);
    response.on('close', () => clearInterval(timer));
  };
  const { code, message } = await faultOf(readAll(open(), named('a.csv')));
  expect([code, message]).toEqual(['location_unavailable', expect.stringMatching(/sent only \d+ bytes in \d+ s/)]);
  expect(await readdir(folder)).toEqual([]);
});

test('reads the same bytes again while the server says that the file is unchanged', async () => {
  let version = '"1"';
  let sent = 0;
  answer = (request, response) => {
    response.setHeader('etag', version);
    if (request.headers['if-none-match'] === version) return response.writeHead(304).end();
    sent += 1;
    return response.end(`word\nversion ${version[1]}\n`);
  };
  expect(await cells(open(), named('a.csv'))).toEqual(['version 1']);
  expect(await cells(open(), named('a.csv#part'))).toEqual(['version 1']);
  expect(sent).toBe(1);
  version = '"2"';
  expect(await cells(open(), named('a.csv'))).toEqual(['version 2']);
});

test('uses a copy for a quarter of an hour where the server gives no version', async () => {
  await cells(open(), named('a.csv'));
  await cells(open(), named('a.csv'));
  expect(seen).toHaveLength(1);
  now += 16 * 60_000;
  await cells(open(), named('a.csv'));
  expect(seen).toHaveLength(2);
});

test('says what is wrong with an answer', async () => {
  const faults = [
    [404, {}, 'file_not_found'],
    [403, {}, 'location_denied'],
    [500, {}, 'location_unavailable'],
    [200, { 'content-type': 'text/html; charset=utf-8' }, 'not_a_table'],
    [200, { 'content-encoding': 'br' }, 'not_a_table'],
  ] as const;
  for (const [status, headers, code] of faults) {
    answer = (_, response) => response.writeHead(status, headers).end(TABLE);
    expect((await faultOf(open().openSource(named(`${status}-${code}.csv`)))).code).toBe(code);
  }
  answer = (_, response) =>
    response.writeHead(200, { 'content-length': '100' }).write('word\n', () => response.destroy());
  expect(await faultOf(open().openSource(named('cut.csv')))).toMatchObject({
    code: 'location_unavailable',
    retryable: true,
  });
  answer = (_, response) => response.end();
  expect((await faultOf(open().openSource(named('empty.csv')))).message).toContain('/empty.csv is empty');
});

test('reads a file that is no table below its folder alone, also after redirects, and no more than allowed', async () => {
  const below = named('in/');
  const read = (path: string, maxBytes = 100) => open().readBytes(named(path), { below, maxBytes });
  expect((await read('in/a.png')).toString()).toBe(TABLE);
  expect((await faultOf(read('other/a.png'))).code).toBe('file_not_allowed');
  expect((await faultOf(read('in/a.png', 5))).code).toBe('payload_too_large');
  const private_ = { below: `https://other.example:${port}/`, maxBytes: 100 };
  const elsewhere = open().readBytes(`https://other.example:${port}/a.png`, private_);
  expect((await faultOf(elsewhere)).code).toBe('location_denied');
  answer = (_, response) => response.writeHead(302, { location: named('other/a.png') }).end();
  expect((await faultOf(read('in/a.png'))).message).toContain('which is not below');
  expect(seen.filter((path) => path.includes('other/'))).toEqual([]);
});
