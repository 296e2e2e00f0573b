import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createBatch, TABLE, TARGET, untilBatch } from './create-batch.ts';
import { sortMessages } from './sample-answers.ts';
import { addConversation } from './sample-chat.ts';
import type { Schemas, Service } from './service.ts';

const EXAMPLES = resolve(import.meta.dirname, '../../../examples');

/** The batches of the sample. */
export interface Sample {
  /** Ended, with some failed rows. */
  completed: string;
  /** Runs: its model calls are held. */
  running: string;
  /** Paused because its cap is reached. */
  paused: string;
  /** A draft that is complete, about support queries. */
  draft: string;
  /** A conversation about the completed batch. */
  chat: string;
}

/** Fills a service with batches in several states, for pictures and for looking at screens. */
export async function fillSample(service: Service): Promise<Sample> {
  service.model.answerWith(sortMessages);
  const queries = readFileSync(join(EXAMPLES, 'support-queries.csv'), 'utf8');
  const done = await createBatch(service, {
    name: 'Support queries, November',
    file: 'support-queries.csv',
    table: queries,
    options: { max_cost_usd: 1 },
  });
  await untilBatch(service, done.batch_id, ({ status }) => status === 'completed');
  const chat = await addConversation(service, done.batch_id);
  service.model.answerWith(sortMessages);
  const short = await createBatch(service, {
    name: 'Refund requests, October',
    file: 'refunds.csv',
    table: tableOf(400),
    options: { max_cost_usd: 0.006, concurrency: 4 },
  });
  await untilBatch(service, short.batch_id, ({ status }) => status === 'paused' || status === 'completed');
  const cancelled = await createBatch(service, {
    name: 'App feedback, trial of six rows',
    file: 'feedback.csv',
    table: tableOf(30),
    options: { sample: 6 },
  });
  await untilBatch(service, cancelled.batch_id, ({ status }) => status === 'paused');
  await service.send('POST', `/v1/batches/${cancelled.batch_id}/cancel`);
  await addSchedules(service);
  service.model.hold();
  const live = await createBatch(service, {
    name: 'Inbox of the shop, backlog',
    file: 'inbox.csv',
    table: tableOf(1_000),
    options: { max_cost_usd: 5, concurrency: 20 },
  });
  service.model.allow(385);
  await untilBatch(service, live.batch_id, ({ counts }) => counts.succeeded === 385);
  await enqueueSample(service);
  const draft = await createDraft(service, { file: 'support-queries.csv', table: queries });
  return { draft, chat, completed: done.batch_id, running: live.batch_id, paused: short.batch_id };
}

/** Schedules of both kinds: one ran, one is off, one failed. */
async function addSchedules(service: Service): Promise<void> {
  const add = (schedule: object) => service.send('POST', '/v1/schedules', schedule);
  const { uri: csv_uri } = await service.send<{ uri: string }>('POST', '/v1/uploads?name=returns.csv', tableOf(8));
  const request = { csv_uri, target: TARGET, options: { mode: 'realtime', cache: 'all' }, output_uri: '-' };
  await add({
    ...{ name: 'returns', cron: '30 6 * * 1-5', time_zone: 'Europe/Berlin', max_cost_usd: 5 },
    action: { type: 'run_batch', request },
  });
  const run = await service.send<Schemas['ScheduleRun']>('POST', '/v1/schedules/returns/trigger');
  await untilBatch(service, run.batches[0]?.batch_id ?? '', ({ status }) => status === 'completed');
  const gone = { ...request, csv_uri: 'upload://upl_1k8jkv1i3s1bstbcff0' };
  await add({
    ...{ name: 'supplier-feed', cron: '0 */6 * * *', time_zone: 'UTC', max_cost_usd: 2.5 },
    action: { type: 'run_batch', request: gone },
  });
  await service.send('POST', '/v1/schedules/supplier-feed/trigger');
  await add({
    ...{ name: 'month-end', cron: '0 3 1 * *', time_zone: 'Europe/London', max_cost_usd: 40, enabled: false },
    action: { type: 'process_queues', mode: 'batch' },
  });
}

/** Jobs that wait in the queues of two models. */
async function enqueueSample(service: Service): Promise<void> {
  const messages = ['Where is my parcel?', 'Please change my address', 'The invoice is wrong', 'I want to cancel'];
  const jobs = [
    ...Array.from({ length: 24 }, (_, index) => ({
      agent: 'query-classifier',
      input: { query: messages[index % messages.length] },
      priority: index % 8 === 0 ? 9 : 5,
    })),
    ...messages.map((query) => ({
      agent: 'query-classifier',
      input: { query },
      provider: 'anthropic/claude-sonnet-5',
    })),
  ];
  await service.send('POST', '/v1/jobs/bulk', { jobs });
}

/** Makes a draft over a table, with a prompt, a param and fields. */
export async function createDraft(
  service: Service,
  { file, table, request = {} }: { file: string; table: string; request?: object },
): Promise<string> {
  const upload = await service.send<{ uri: string }>('POST', `/v1/uploads?name=${file}`, table);
  const { draft_id: id } = await service.send<{ draft_id: string }>('POST', '/v1/drafts', {
    request: { csv_uri: upload.uri, name: 'Support queries, December', ...QUESTION, ...request },
  });
  return id;
}

const QUESTION = {
  target: {
    type: 'inline',
    model: 'anthropic/claude-haiku-5-5',
    prompt:
      'You sort messages that customers send to a shop.\n\nDecide what the message is about, and how urgent it is.\n\nMessage:\n\n{{message}}\n\nAnswer in English, the language of the team.',
    fields: [
      {
        name: 'category',
        type: 'string',
        values: ['delivery', 'payment', 'return', 'account', 'product', 'other'],
        description: 'What the message is about',
      },
      { name: 'urgent', type: 'boolean', description: 'True if a person must act today' },
      { name: 'order_id', type: 'string', nullable: true, description: 'The order that is meant; null if none' },
    ],
  },
  options: { max_cost_usd: 1 },
};

/** A table of invented messages. */
export function tableOf(rows: number): string {
  const [header = '', ...lines] = TABLE.trim().split('\n');
  const texts = Array.from({ length: rows }, (_, row) => {
    const message = lines[row % lines.length]?.split(',')[1] ?? '';
    return `T-${1000 + row},${message} (${row})`;
  });
  return `${[header, ...texts].join('\n')}\n`;
}
