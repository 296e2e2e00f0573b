import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAuthority } from '../support/certificate.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

const TABLE = 'name,town\nAda,London\nZoë,Kraków\n';

let space: Workspace;
let trusted: Record<string, string>;
const servers: Server[] = [];
let url: string;
let other: string;
let seen: (string | undefined)[];

beforeAll(async () => {
  space = await createWorkspace();
  const authority = createAuthority('Rowmill test authority');
  trusted = { NODE_EXTRA_CA_CERTS: await space.write('authority.pem', authority.cert) };
  other = await serve('127.0.0.1', (request, response) => {
    seen.push(request.headers.host);
    response.end(TABLE);
  });
  url = await serve('localhost', (request, response) => {
    seen.push(request.headers.host);
    if (request.url?.startsWith('/moved')) response.writeHead(302, { location: `${other}/there.csv` }).end();
    else if (request.url?.startsWith('/misnamed')) {
      // The server at this address shows a certificate of another name.
      response.writeHead(302, { location: `${url.replace('localhost', '127.0.0.1')}/a.csv` }).end();
    } else response.end(TABLE);
  });

  async function serve(host: string, answer: RequestListener): Promise<string> {
    const server = createServer(authority.issue(host), answer);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `https://${host}:${(server.address() as AddressInfo).port}`;
  }
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await space.close();
});

let runs = 0;
/** Reads a place that was not read before: a copy is used again. */
const analyze = async (place: string, env: Record<string, string>) => {
  seen = [];
  runs += 1;
  const { code, stdout } = await space.run(['analyze', `${place}?${runs}`, '--json'], { env });
  return { code, found: JSON.parse(stdout) };
};

it('reads a table over TLS, also behind a redirect to another named host', async () => {
  const env = { ...trusted, ROWMILL_HTTP_SOURCES: 'localhost,127.0.0.1' };
  for (const name of ['a.csv', 'moved.csv']) {
    const { code, found } = await analyze(`${url}/${name}`, env);
    expect([code, found.row_count]).toEqual([0, 2]);
  }
  expect(seen).toEqual([url, other].map((place) => new URL(place).host));
});

it('follows no redirect to a private host that is not named', async () => {
  const { code, found } = await analyze(`${url}/moved.csv`, { ...trusted, ROWMILL_HTTP_SOURCES: 'localhost' });
  expect(code).not.toBe(0);
  expect(found.error.message).toContain('ROWMILL_HTTP_SOURCES=127.0.0.1');
  expect(seen).toEqual([new URL(url).host]);
});

it('refuses a certificate of another name, and one of an unknown authority with the way to trust it', async () => {
  const named = { ROWMILL_HTTP_SOURCES: 'localhost,127.0.0.1' };
  const misnamed = await analyze(`${url}/misnamed.csv`, { ...trusted, ...named });
  expect(misnamed.found.error.message).toMatch(/certificate.*127\.0\.0\.1/);
  expect(seen).toEqual([new URL(url).host]);
  const unknown = await analyze(`${url}/a.csv`, named);
  expect(unknown.found.error.message).toMatch(/certificate.*NODE_EXTRA_CA_CERTS/);
  expect(seen).toEqual([]);
});
