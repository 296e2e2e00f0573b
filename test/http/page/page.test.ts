import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpApp } from '../../../src/http/app.ts';
import { openPage } from '../../../src/http/page/open-page.ts';
import { DIGEST_FILE, digestOfPage } from '../../../src/http/page/page-sources.ts';
import { SCREEN_MODULES } from '../../../src/http/page/screen-scripts.ts';
import { httpParts } from '../http-parts.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rowmill-page-'));
  await write('web/src/main.tsx', 'source');
  await write('dist/web/index.html', '<!doctype html>');
  await write('dist/web/assets/index-abc.js', 'plain');
  await write('dist/web/assets/index-abc.js.br', 'compressed');
  await write(`dist/web/${DIGEST_FILE}`, `${digestOfPage(root)}\n`);
});
afterEach(() => rm(root, { recursive: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(root, path, '..'), { recursive: true });
  await writeFile(join(root, path), text);
}

/** A server with a key, so that every answer here needed none. */
function serve() {
  return createHttpApp({ ...httpParts({ apiKeys: ['key'] }), page: openPage(root) });
}

describe('the page of the workbench', () => {
  it.each(['/', '/batches', '/batches/bat_1/rows?status=failed', '/new/dra_1/prompt', '/queues', '/settings'])(
    'is its document at %s, without a key',
    async (path) => {
      const response = await serve().request(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      expect(await response.text()).toBe('<!doctype html>');
    },
  );

  it('names the scripts of a screen with its document, and none that the document names itself', async () => {
    await write(
      'dist/web/manifest.json',
      JSON.stringify({
        'index.html': { file: 'assets/index-abc.js', imports: ['_shared.js'] },
        '_shared.js': { file: 'assets/shared.js' },
        '_grid.js': { file: 'assets/grid.js', imports: ['_shared.js'] },
        'src/screens/batch/batch-layout.tsx': { file: 'assets/layout.js', imports: ['index.html', '_grid.js'] },
        'src/screens/batch/rows-screen.tsx': { file: 'assets/rows.js', imports: ['_grid.js'] },
      }),
    );
    const linksOf = async (path: string) => (await serve().request(path)).headers.get('link');
    const links = ['layout', 'grid', 'rows'].map((name) => `</assets/${name}.js>; rel=modulepreload`).join(', ');
    expect(await linksOf('/batches/bat_1/rows?status=failed')).toBe(links);
    expect(await linksOf('/settings')).toBeNull();
    expect(await linksOf('/batches/bat_1/rows/2/more')).toBeNull();
  });

  it('knows every screen that the page loads', () => {
    const router = readFileSync(new URL('../../../web/src/app/router.ts', import.meta.url), 'utf8');
    const loaded = [...router.matchAll(/import\('\.\.\/screens\/(.*?)'\)/g)].map(([, name]) => name);
    expect(loaded.length).toBeGreaterThan(15);
    const known = new Set(Object.values(SCREEN_MODULES).flat());
    expect(loaded.filter((name) => name === undefined || !known.has(name))).toEqual([]);
    for (const name of known)
      expect(existsSync(new URL(`../../../web/src/screens/${name}`, import.meta.url)), name).toBe(true);
  });

  it('allows no foreign origin, no inline code and no frame', async () => {
    const { headers } = await serve().request('/');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('has files that are kept forever, compressed where the client reads it', async () => {
    const server = serve();
    const plain = await server.request('/assets/index-abc.js');
    expect(plain.headers.get('cache-control')).toContain('immutable');
    expect(await plain.text()).toBe('plain');
    const small = await server.request('/assets/index-abc.js', { headers: { 'accept-encoding': 'gzip, br' } });
    expect(small.headers.get('content-encoding')).toBe('br');
    expect(await small.text()).toBe('compressed');
    const again = await server.request('/assets/index-abc.js', {
      headers: { 'if-none-match': plain.headers.get('etag') ?? '' },
    });
    expect(again.status).toBe(304);
  });

  it.each([
    '/assets/..%2Findex.html',
    '/assets/gone.js',
    '/assets/index-abc.js.br',
    `/${DIGEST_FILE}`,
    '/package.json',
  ])('has no file at %s', async (path) => {
    const response = await serve().request(path, { headers: { authorization: 'Bearer key' } });
    expect(response.status).toBe(404);
  });

  it('is not shown when it is older than its sources, and is shown again after a build', async () => {
    const server = serve();
    expect((await server.request('/')).status).toBe(200);
    await write('web/src/main.tsx', 'newer');
    const stale = await server.request('/');
    expect(stale.status).toBe(503);
    expect(await stale.text()).toContain('older than its sources in web/. Build it again: npm run build:web');
    await write('dist/web/index.html', '<!doctype html><title>new</title>');
    await write(`dist/web/${DIGEST_FILE}`, `${digestOfPage(root)}\n`);
    expect(await (await server.request('/')).text()).toContain('new');
  });

  it('says how to build it where it is missing', async () => {
    await rm(join(root, 'dist'), { recursive: true });
    const response = await serve().request('/');
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('npm run build:web');
  });

  it('is shown without a check where there are no sources, as in an installed package', async () => {
    await rm(join(root, 'web'), { recursive: true });
    expect((await serve().request('/')).status).toBe(200);
  });

  it('leaves the answers of the REST interface as they are', async () => {
    const response = await serve().request('/v1/batches');
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });
});
