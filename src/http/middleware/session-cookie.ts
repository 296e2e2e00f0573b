import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { AppError } from '../../base/errors.ts';
import { hostOf, isLoopback } from './host-guard.ts';

/** The start of the cookie's name; the port follows, because cookies don't tell ports apart. */
export const COOKIE = 'rowmill_session';

/** The token of the session that a browser sends. */
export function sessionToken(c: Context): string | undefined {
  return getCookie(c, nameOf(c));
}

/** Gives a browser its session, until it expires. Scripts of pages can't read it. */
export function setSession(c: Context, token: string, expiresAt: number): void {
  setCookie(c, nameOf(c), token, { ...attributesOf(c), expires: new Date(expiresAt) });
}

/** Takes the session of a browser. */
export function clearSession(c: Context): void {
  deleteCookie(c, nameOf(c), attributesOf(c));
}

/**
 * A browser sends a cookie with requests of other pages too, such as one of another port of this machine. So what a
 * cookie signs has to come from a page of this server.
 * @throws AppError `forbidden_host`
 */
export function refuseForgery(c: Context): void {
  const site = c.req.header('sec-fetch-site');
  const isOwnPage = site === undefined || site === 'same-origin' || (site === 'none' && isRead(c));
  // hostGuard has checked that an Origin is this server's own.
  if (isOwnPage && (isRead(c) || c.req.header('origin') !== undefined)) return;
  throw new AppError(
    'forbidden_host',
    'A signed-in browser acts from the pages of this server only. A program sends its key as "Authorization: Bearer KEY".',
  );
}

function isRead(c: Context): boolean {
  return c.req.method === 'GET' || c.req.method === 'HEAD';
}

function nameOf(c: Context): string {
  const { port } = new URL(`http://${hostOf(c)}`);
  return port === '' ? COOKIE : `${COOKIE}_${port}`;
}

function attributesOf(c: Context) {
  const { hostname } = new URL(`http://${hostOf(c)}`);
  return { path: '/', httpOnly: true, sameSite: 'Strict', secure: !isLoopback(hostname) } as const;
}
