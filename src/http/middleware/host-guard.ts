import type { Context, MiddlewareHandler } from 'hono';
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
 * other than the server itself. A page of another port of this machine is another origin.
 */
export function hostGuard({ loopbackOnly }: HostGuardOptions): MiddlewareHandler {
  return async function guardHost(c, next) {
    const host = hostOf(c);
    const hostname = URL.parse(`http://${host}`)?.hostname;
    if (hostname === undefined || (loopbackOnly && !isLoopback(hostname))) {
      throw new AppError('forbidden_host', `The host "${host}" is not served here; use localhost or 127.0.0.1.`);
    }
    const origin = c.req.header('origin');
    if (origin !== undefined && URL.parse(origin)?.host !== host) {
      throw new AppError('forbidden_host', `Requests from pages of "${origin}" are not accepted.`);
    }
    await next();
  };
}

/** The host and port that a client asks for. */
export function hostOf(c: Context): string {
  return (c.req.header('host') ?? new URL(c.req.url).host).toLowerCase();
}
