import { parentPort, workerData } from 'node:worker_threads';
import { createSilentLog } from '../base/log.ts';
import { connectRedis } from '../fleet/connect-redis.ts';
import { createEnvelope } from '../fleet/envelope.ts';
import { openLocks } from '../fleet/locks.ts';
import { BEAT_MS, type PresenceReport, removePresence, writePresence } from '../fleet/presence.ts';
import type { KeepAliveData, KeepAliveMessage } from './keep-alive.ts';

/**
 * The thread of `keep-alive.ts`: tells that the worker is there and keeps its locks, also while a row blocks the event
 * loop that runs the agents. It ends with the process.
 */
async function main({ settings, first }: KeepAliveData): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('it is started as a thread');
  const connections = await connectRedis(settings.redisUrl, createSilentLog());
  const envelope = createEnvelope(settings.key);
  const commands = connections.commands();
  const locks = await openLocks(connections);
  let state: PresenceReport = first;
  const beat = async () => {
    state = { ...state, beat: state.beat + 1 };
    await Promise.allSettled([writePresence(commands, envelope, state), locks.renew()]);
  };
  await connections.ready();
  await beat();
  const beating = setInterval(() => void beat(), BEAT_MS);
  port.on('message', (message: KeepAliveMessage) => {
    if (message.kind === 'state') state = { ...message.state, beat: state.beat };
    else if (message.kind === 'lock') locks.add(message);
    else if (message.kind === 'unlock') locks.delete(message.id);
    else {
      clearInterval(beating);
      void removePresence(commands, state.id)
        .catch((): undefined => undefined)
        .then(() => {
          connections.close();
          port.postMessage('closed');
          port.close();
        });
    }
  });
  port.postMessage('ready');
}

void main(workerData as KeepAliveData);
