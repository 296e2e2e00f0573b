import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createLog } from '../../../src/base/log.ts';
import { LOG_SENTENCES, noticesOfLog } from '../../../src/cli/terminal/log-notices.ts';
import { createNotices } from '../../../src/cli/terminal/notices.ts';

/** Warnings that a person at a terminal does not need, because another part of the program shows what they report. */
const SILENT = [
  'a tool failed',
  'active time is not stored',
  'agent version is gone',
  'an event listener failed',
  'an event listener is slow; its oldest events are dropped',
  'an interrupted chat turn could not be finished',
  'batch continues in real time',
  'batch job was not cancelled',
  'batch step failed',
  'bodies were not pruned',
  'chat turn failed',
  'cleanup after driving a batch failed',
  'pruning and sweeping failed',
  'rows run in real time, at the full price',
  'the MCP connection did not close',
  'the write-ahead log was not merged into the database; the next opening does it',
];

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

/** The messages of all log lines of the program from `warn` on. */
function warnings(): Set<string> {
  const root = join(import.meta.dirname, '../../../src');
  const found = new Set<string>();
  for (const file of globSync('**/*.ts', { cwd: root })) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const { index } of text.matchAll(/\blog\??\.(?:warn|error)\(/g)) {
      const message = /'((?:[^'\\]|\\.)*)'\s*,?\s*\)/.exec(text.slice(index))?.[1];
      found.add(message ?? file);
    }
  }
  return found;
}

it('decides about every warning of the program whether a person sees it, and has no sentence for another line', () => {
  const known = warnings();
  expect(known.size).toBeGreaterThan(30);
  expect([...known].filter((message) => LOG_SENTENCES[message] === undefined).toSorted()).toEqual(SILENT);
  const lines = globSync('**/*.ts', { cwd: join(import.meta.dirname, '../../../src') })
    .filter((file) => !file.endsWith('log-notices.ts'))
    .map((file) => readFileSync(join(import.meta.dirname, '../../../src', file), 'utf8'))
    .join('\n');
  expect(Object.keys(LOG_SENTENCES).filter((message) => !lines.includes(`'${message}'`))).toEqual([]);
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
