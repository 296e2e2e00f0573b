import { toAppError } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import { PLACES } from '../../../fleet/places.ts';
import type { ReadEntry } from '../../../fleet/stream-reader.ts';
import type { StreamSender } from '../../../fleet/stream-sender.ts';
import type { Events } from '../../../telemetry/events.ts';
import { type ToCoordinator, type ToWorker, toCoordinator } from './messages.ts';
import { createRequestMemory, type RequestMemory } from './reply-once.ts';
import { toWire } from './wire.ts';

interface ReceiveParts {
  batchId: string;
  epoch: number;
  sender: StreamSender;
  events: Events;
  /** Carries out a request. */
  serve(message: ToCoordinator): Promise<unknown>;
  log: Log;
}

/**
 * Receives the messages of workers about one batch, under one lease. Resolves when all of an entry are carried out.
 * Messages to the owner of a later lease are left for it: this process has lost the batch and does not know it yet.
 */
export function createReceiver(parts: ReceiveParts): (messages: unknown[]) => Promise<ReadEntry> {
  const { batchId, epoch, sender, log } = parts;
  const memories = new Map<string, RequestMemory>();
  const memoryOf = (from: string) => {
    const memory = memories.get(from) ?? createRequestMemory();
    memories.set(from, memory);
    return memory;
  };
  const tell = (worker: string, body: ToWorker['body']) =>
    sender.send(PLACES.worker(worker), { batchId, epoch, body } satisfies ToWorker);
  const acknowledge = createAcknowledgements(parts);
  const receive = async (message: ToCoordinator): Promise<void> => {
    const { from, id, floor, body } = message;
    if (message.epoch < epoch) {
      tell(from, { kind: 'lease' });
      return;
    }
    if (body.kind === 'event') {
      parts.events.emit(body.name, body.payload as never);
      return;
    }
    if (id === null) return;
    const memory = memoryOf(from);
    const { after } = message;
    const carried = memory.once(id, floor, () =>
      after === undefined ? parts.serve(message) : memory.after(after).then(() => parts.serve(message)),
    );
    if (carried === undefined) return;
    try {
      const value = await carried;
      if ((value ?? null) === null) acknowledge(from, id);
      else tell(from, { kind: 'reply', id, value });
    } catch (thrown) {
      const error = toAppError(thrown);
      log.debug({ worker: from, request: body.kind, code: error.code, reason: error.message }, 'request refused');
      // The worker waits for the process that has the lease now.
      if (error.code !== 'lease_lost') tell(from, { kind: 'refused', id, error: toWire(error) });
    }
  };
  return async (messages) => {
    let isOthers = false;
    await Promise.all(
      messages.map(async (each) => {
        const parsed = toCoordinator.safeParse(each);
        if (!parsed.success) log.warn({ batchId }, 'a message of a worker has another form');
        else if (parsed.data.epoch > epoch) isOthers = true;
        else await receive(parsed.data);
      }),
    );
    return isOthers ? 'others' : 'handled';
  };
}

/** Acknowledges requests of a worker; those up to the next send to it are one message. */
function createAcknowledgements({ batchId, epoch, sender }: ReceiveParts): (worker: string, id: number) => void {
  const waiting = new Map<string, number[]>();
  return (worker, id) => {
    const known = waiting.get(worker);
    known?.push(id);
    if (known !== undefined) return;
    const ids = [id];
    waiting.set(worker, ids);
    sender.send(PLACES.worker(worker), () => {
      waiting.delete(worker);
      return { batchId, epoch, body: { kind: 'done', ids } } satisfies ToWorker;
    });
  };
}
