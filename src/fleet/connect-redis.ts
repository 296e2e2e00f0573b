import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { requireSdk } from '../base/process/require-sdk.ts';

/** A connection without data for this long is opened anew: a cut network closes none. */
const SILENCE_MS = 4_000;
/** How long the first answer of Redis is waited for, in milliseconds. */
const READY_MS = 10_000;

/** Connections to one Redis, opened when they are needed. */
export interface RedisConnections {
  /** For commands that must not wait: while Redis is away they fail at once. */
  commands(): Redis;
  /** For one reader that blocks. */
  reader(): Redis;
  /** For BullMQ, which waits for Redis to come back. */
  queue(): Redis;
  /** Resolves when Redis has answered. @throws AppError `location_unavailable` after ten seconds */
  ready(): Promise<void>;
  close(): void;
}

/** Loads the client and opens nothing yet. @throws AppError `config_invalid` where the client is not installed */
export async function connectRedis(url: string, log: Log): Promise<RedisConnections> {
  requireSdk('a fleet (ROWMILL_REDIS_URL)', ['bullmq', 'ioredis']);
  const { Redis } = await import('ioredis');
  const all: Redis[] = [];
  let isAway = false;
  let fault = '';
  const open = (options: { enableOfflineQueue: boolean; maxRetriesPerRequest: number | null }) => {
    const redis = new Redis(url, {
      ...options,
      socketTimeout: SILENCE_MS,
      connectTimeout: SILENCE_MS,
      retryStrategy: () => 250,
    });
    redis.on('error', (error: Error) => {
      fault = error.message;
      if (!isAway) log.warn({ reason: error.message }, 'Redis of the fleet is not reachable');
      isAway = true;
    });
    redis.on('ready', () => {
      if (isAway) log.warn('Redis of the fleet is reachable again');
      isAway = false;
    });
    all.push(redis);
    return redis;
  };
  let first: Redis | undefined;
  const commands = () => {
    first ??= open({ enableOfflineQueue: false, maxRetriesPerRequest: 0 });
    return first;
  };
  return {
    commands,
    async ready() {
      const redis = commands();
      if (redis.status === 'ready') return;
      await once(redis, 'ready', { signal: AbortSignal.timeout(READY_MS) }).catch(() => {
        const { host, port } = redis.options;
        const text = `Redis at ${host}:${port} (ROWMILL_REDIS_URL) does not answer${fault === '' ? '' : `: ${fault}`}.`;
        throw new AppError('location_unavailable', text);
      });
    },
    // What was under way when the connection was lost is rejected, and read again.
    reader: () => open({ enableOfflineQueue: true, maxRetriesPerRequest: 0 }),
    queue: () => open({ enableOfflineQueue: true, maxRetriesPerRequest: null }),
    close: () => {
      for (const redis of all) redis.disconnect();
    },
  };
}
