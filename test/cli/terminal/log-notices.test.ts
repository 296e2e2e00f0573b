import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createLog } from '../../../src/base/log.ts';
import { LOG_SENTENCES, noticesOfLog, SILENT_LINES } from '../../../src/cli/terminal/log-notices.ts';
import { createNotices } from '../../../src/cli/terminal/notices.ts';

function noticing(now: () => number = () => 0) {
  const stderr = new PassThrough();
  const notices = createNotices(stderr, now);
  let text = '';
  stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const written = () => {
    const all = text;
    text = '';
    return all;
  };
  return { log: createLog('debug', noticesOfLog(notices)), notices, written };
}

it('knows no line that the program does not write', () => {
  const root = join(import.meta.dirname, '../../../src');
  const files = globSync('**/*.ts', { cwd: root }).filter((file) => !file.endsWith('log-notices.ts'));
  const text = files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
  const known = [...Object.keys(LOG_SENTENCES), ...SILENT_LINES];
  expect(known.filter((message) => !text.includes(`'${message}'`))).toEqual([]);
});

it('shows a warning that it does not know as a sentence too', () => {
  const { log, written } = noticing();
  log.warn({ reason: 'It is full.' }, 'the box was not closed');
  log.error({ err: new Error('No lid') }, 'the box is gone');
  log.info({ reason: 'x' }, 'the box was seen');
  expect(written()).toBe('The box was not closed: It is full.\nThe box is gone: No lid.\n');
});

it('shows one sentence for an event that matters, and no JSON', () => {
  const { log, written } = noticing();
  log.debug({ lane: 'anthropic claude-haiku-5-5', waitMs: 12_000 }, 'lane pauses after a refusal');
  log.warn({ model: 'm1', fallback: 'm2', reason: 'Overloaded.' }, 'the model is replaced by its fallback');
  log.warn({ model: 'm1', next: 'eu.m1' }, 'the model is called through an inference profile');
  log.debug({ model: 'openai gpt', code: 'model_unreachable', delayMs: 2000 }, 'model call is repeated');
  expect(written()).toBe(
    'anthropic claude-haiku-5-5: rate limited, waiting 12 s.\n' +
      'm2 answers instead of m1: Overloaded.\n' +
      'm1 is called through the inference profile eu.m1.\n' +
      'openai gpt: it can’t be reached; trying again in 2 s.\n',
  );
  const away = 'the database was not reached; it will be tried again';
  for (const waitMs of [500, 5_000]) log.warn({ uri: 'mongodb://host/shop/queries', waitMs }, away);
  expect(written()).toBe('mongodb://host/shop/queries can’t be reached; trying again in 5 s.\n');
  log.debug({ lane: 'x', waitMs: 300 }, 'lane pauses after a refusal');
  log.info({ batchId: 'bat_1', from: 'created', to: 'running' }, 'batch changed state');
  log.error({ batchId: 'bat_1' }, 'batch step failed');
  expect(written()).toBe('');
});

it('says the same again only after some seconds', () => {
  let now = 0;
  const { log, written } = noticing(() => now);
  const refuse = () => log.debug({ lane: 'x', waitMs: 3000 }, 'lane pauses after a refusal');
  refuse();
  refuse();
  expect(written()).toBe('x: rate limited, waiting 3 s.\n');
  now = 10_000;
  refuse();
  expect(written()).toBe('x: rate limited, waiting 3 s.\n');
});

it('takes what is drawn on the last line away before a sentence, and draws it again below', () => {
  const { notices, written } = noticing();
  const drawn: string[] = [];
  notices.setLastLine({ hide: () => drawn.push(`hide|${written()}`), show: () => drawn.push(`show|${written()}`) });
  notices.say('One\u001b[31m sentence.');
  expect(drawn).toEqual(['hide|', 'show|One<1B>[31m sentence.\n']);
});
