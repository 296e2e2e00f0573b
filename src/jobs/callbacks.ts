import { AppError } from '../base/errors.ts';

/** Which receivers may get results. */
export interface Callbacks {
  /** @throws AppError `invalid_arguments` naming the variable, when the receiver is not on the list */
  check(url: string): void;
  /** Whether a listed receiver is named by its whole origin: it may have a private address. */
  mayBePrivate(url: URL): boolean;
}

/**
 * The allow-list of receivers. `hooks.example.com` allows https to that host at public addresses; an origin such as
 * `http://127.0.0.1:9000` allows exactly that one, wherever it is.
 */
export function createCallbacks(allowed: readonly string[]): Callbacks {
  const origins = new Set(allowed.filter((one) => one.includes('://')).map((one) => new URL(one).origin));
  const hosts = new Set(allowed.filter((one) => !one.includes('://')).map((one) => one.toLowerCase()));
  return {
    check(text) {
      const url = new URL(text);
      const hasCredentials = url.username !== '' || url.password !== '';
      if (hasCredentials) throw new AppError('invalid_arguments', 'A callback_url holds no user name and no password.');
      if (origins.has(url.origin)) return;
      if (url.protocol === 'https:' && (hosts.has(url.host) || hosts.has(url.hostname))) return;
      throw new AppError(
        'invalid_arguments',
        `Results may not be sent to ${url.origin}. Add ${url.protocol === 'https:' ? url.host : url.origin} to ROWMILL_WEBHOOK_HOSTS of the server, or choose a receiver that is there.`,
      );
    },
    mayBePrivate: (url) => origins.has(url.origin),
  };
}
