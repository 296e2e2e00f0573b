import { expect } from '@playwright/test';
import type { Schemas, Service } from './service.ts';

/** What a batch is made of, beside the defaults of {@link createBatch}. */
export interface BatchGiven {
  name?: string;
  /** The name of the file, whose extension says its format. */
  file?: string;
  /** The table, as text. */
  table?: string;
  target?: object;
  options?: object;
  /** The estimate that is accepted, in dollars. */
  accepted_usd?: number;
}

/** A small table: a header and three rows. */
export const TABLE = 'ticket,message\nT-1,Where is my order?\nT-2,I was charged twice\nT-3,The app is lovely\n';

/** An agent that the request defines: two fields about a message. */
export const TARGET = {
  type: 'inline',
  prompt: 'Classify this message: {message}',
  fields: [
    { name: 'topic', type: 'string', description: 'What it is about.' },
    { name: 'urgent', type: 'boolean' },
  ],
  model: 'anthropic/claude-haiku-5-5',
};

/** Uploads a table and starts a batch over it, in real time. */
export async function createBatch(service: Service, given: BatchGiven = {}): Promise<Schemas['Batch']> {
  const { file = 'tickets.csv', table = TABLE, target = TARGET, options, ...rest } = given;
  const upload = await service.send<{ uri: string }>('POST', `/v1/uploads?name=${encodeURIComponent(file)}`, table);
  return service.send('POST', '/v1/batches', {
    csv_uri: upload.uri,
    target,
    options: { mode: 'realtime', ...options },
    accepted_usd: 1_000,
    ...rest,
  });
}

/** Waits until a batch is as a test wants it. */
export async function untilBatch(
  service: Service,
  id: string,
  fits: (batch: Schemas['Batch']) => boolean,
): Promise<Schemas['Batch']> {
  let batch: Schemas['Batch'] | undefined;
  const read = async () => {
    batch = await service.send<Schemas['Batch']>('GET', `/v1/batches/${id}`);
    return fits(batch);
  };
  await expect.poll(read, { timeout: 120_000, intervals: [100] }).toBe(true);
  return batch as Schemas['Batch'];
}
