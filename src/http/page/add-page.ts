import { createHash } from 'node:crypto';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { HttpEnv } from '../http-env.ts';
import type { Page, PageFile } from './open-page.ts';

/** The addresses of the workbench's screens, as web/src/app/router.ts has them. */
const SCREENS = /^\/(batches|new|queues|monitor|schedules|alerts|workers|agents|settings)?(\/|$)/;
const FILES = /^\/(assets\/[^/]+|theme\.js|icon\.svg)$/;

/** Nothing leaves the origin, and no script or style stands inline. Images of cells may be data. */
const POLICY = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' data: blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
const FOREVER = 'public, max-age=31536000, immutable';

/** Whether a path belongs to the page. It shows nothing by itself, so it needs no key: its requests do. */
export function isPagePath(path: string): boolean {
  return SCREENS.test(path) || FILES.test(path);
}

/** Serves the workbench: its files, and its document at the address of every screen. */
export function addPage(app: OpenAPIHono<HttpEnv>, page: Page): void {
  app.get('*', async (c, next) => {
    const { path } = c.req;
    if (SCREENS.test(path)) {
      const found = page.document();
      if ('fault' in found) return c.text(`${found.fault}\n`, 503, headersOf('no-store'));
      const scripts = page.scripts(path).map((file) => `</${file}>; rel=modulepreload`);
      return answer(c, found, scripts.length === 0 ? {} : { Link: scripts.join(', ') });
    }
    const found = FILES.test(path) ? page.file(path.slice(1)) : undefined;
    return found === undefined ? next() : answer(c, found);
  });
}

function answer(c: Context, file: PageFile, more: { [name: string]: string } = {}): Response {
  const [encoding, bytes] = smallest(file, c.req.header('accept-encoding') ?? '');
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  const headers = {
    ...headersOf(file.isForever ? FOREVER : 'no-cache'),
    'Content-Type': file.type,
    ETag: etag,
    Vary: 'Accept-Encoding',
    ...more,
    ...(encoding !== undefined && { 'Content-Encoding': encoding }),
  };
  if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers);
  return c.body(bytes, 200, headers);
}

function smallest({ br, gzip, plain }: PageFile, accepted: string): [string | undefined, Uint8Array<ArrayBuffer>] {
  if (br !== undefined && /\bbr\b/.test(accepted)) return ['br', br];
  if (gzip !== undefined && /\bgzip\b/.test(accepted)) return ['gzip', gzip];
  return [undefined, plain];
}

function headersOf(cacheControl: string): { [name: string]: string } {
  return {
    'Cache-Control': cacheControl,
    'Content-Security-Policy': POLICY,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  };
}
