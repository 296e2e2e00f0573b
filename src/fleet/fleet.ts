import type { Log } from '../base/log.ts';
import { onFirstUse } from '../base/process/on-first-use.ts';
import { connectRedis, type RedisConnections } from './connect-redis.ts';
import { createEnvelope, type Envelope } from './envelope.ts';
import type { FleetSettings } from './fleet-settings.ts';

/** What coordinators and workers share: one Redis, one key, one version. */
export interface Fleet {
  connections: RedisConnections;
  envelope: Envelope;
  version: string;
}

/** Opens the fleet on its first use: without one, neither BullMQ nor the client of Redis is loaded. */
export interface FleetOpener {
  open(): Promise<Fleet>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** @param version the program's: coordinators and workers of different versions do not work together */
export function createFleetOpener(
  settings: FleetSettings,
  { version, log }: { version: string; log: Log },
): FleetOpener {
  let opened: Promise<Fleet> | undefined;
  const open = onFirstUse(() => {
    opened = openFleet(settings, { version, log });
    return opened;
  });
  return {
    open,
    async close() {
      (await opened?.catch(() => undefined))?.connections.close();
    },
  };
}

async function openFleet(
  { redisUrl, key }: FleetSettings,
  { version, log }: { version: string; log: Log },
): Promise<Fleet> {
  return { connections: await connectRedis(redisUrl, log), envelope: createEnvelope(key), version };
}
