import { AppError } from '../base/errors.ts';

/** How the machines of a fleet reach each other. */
export interface FleetSettings {
  /** Address of Redis or Valkey, with TLS (`rediss://`) and user if it needs them. */
  redisUrl: string;
  /** The key that coordinator and workers share; null on loopback only. */
  key: string | null;
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * The settings of the fleet; null where no Redis is named.
 * @throws AppError `config_invalid` for a Redis beyond loopback without a key
 */
export function fleetSettings(redisUrl: string | undefined, key: string | undefined): FleetSettings | null {
  if (redisUrl === undefined) return null;
  const { hostname } = new URL(redisUrl);
  if (key === undefined && !LOOPBACK.test(hostname)) {
    throw new AppError(
      'config_invalid',
      `ROWMILL_REDIS_URL names ${hostname}, so ROWMILL_WORKER_KEY must be set: it encrypts and signs what the coordinator ` +
        'and its workers send each other. Set the same key for all of them, such as the output of "openssl rand -hex 32".',
    );
  }
  return { redisUrl, key: key ?? null };
}
