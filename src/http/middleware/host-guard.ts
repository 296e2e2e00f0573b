import type { MiddlewareHandler } from 'hono';
import { AppError } from '../../base/errors.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/;

/** Whether a host name or address can only be reached from this machine. IPv6 with or without brackets. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host.toLowerCase());
}

/** How {@link hostGuard} is set up. */
export interface HostGuardOptions {
  /** True when the server listens on loopback only: then only loopback names are accepted as `Host`. */
  loopbackOnly: boolean;
}

/**
 * Refuses requests that a web page of another site could have caused: a foreign `Host` (DNS rebinding), and an `Origin`
 * other than the server itself or, on loopback, another program of this machine.
 */
export function hostGuard({ loopbackOnly }: HostGuardOptions): MiddlewareHandler {
  return async function guardHost(c, next) {
    const host = c.req.header('host') ?? new URL(c.req.url).host;
    const hostname = parse(`http://${host}`)?.hostname;
    if (hostname === undefined || (loopbackOnly && !isLoopback(hostname))) {
      throw new AppError('forbidden_host', `The host "${host}" is not served here; use localhost or 127.0.0.1.`);
    }
    const origin = c.req.header('origin');
    if (origin !== undefined && !isOwn(origin, host, loopbackOnly)) {
      throw new AppError('forbidden_host', `Requests from pages of "${origin}" are not accepted.`);
    }
    await next();
  };
}

function isOwn(origin: string, host: string, loopbackOnly: boolean): boolean {
  const url = parse(origin);
  if (url === undefined) return false;
  return url.host === host.toLowerCase() || (loopbackOnly && isLoopback(url.hostname));
}

function parse(url: string): URL | undefined {
  return URL.parse(url) ?? undefined;
}
