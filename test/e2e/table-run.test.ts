import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { iso6393 } from 'iso-639-3';
import { afterEach, expect, test } from 'vitest';
import { echoAnswer } from '../support/echo-agent.ts';
import { type MessagesServer, startMessagesServer } from '../support/messages-server.ts';
import { createSite, type Site } from './rowmill-process.ts';

const AGENTS = `
agents:
  - name: linguist
    model: claude-haiku-5-5
    instructions: Say something about the language.
    input: {type: object, properties: {language: {type: string}, scope: {type: string}}, required: [language]}
    structured_output:
      enabled: true
      schema:
        type: object
        properties: {note: {type: string}, length: {type: integer}, even: {type: boolean}}
        required: [note, length, even]
`;

const COLUMNS = ['iso6393', 'iso6392B', 'iso6392T', 'iso6391', 'scope', 'type', 'name'] as const;

let site: Site;
let server: MessagesServer;
afterEach(async () => {
  await site.close();
  await server.close();
});

// ISO 639-3 is a table of 7,867 languages, whose names have apostrophes, commas, brackets and many scripts' letters.
test('a public table: every row, in order, source columns exact, each answer on its own row', async () => {
  const rows = iso6393.map((language) => COLUMNS.map((column) => language[column] ?? ''));
  expect(rows.length).toBeGreaterThan(3000);
  server = await startMessagesServer({ respond: echoAnswer, latencyMs: [0, 60], seed: 7 });
  site = await createSite(AGENTS, { ANTHROPIC_BASE_URL: server.url });
  await writeFile(join(site.folder, 'languages.csv'), stringify([[...COLUMNS], ...rows], { record_delimiter: '\r\n' }));

  const began = performance.now();
  const report = await site.json(
    ...[
      'run',
      'languages.csv',
      '--agent',
      'linguist',
      '--out',
      'out.csv',
      '--concurrency',
      '100',
      '--mode',
      'realtime',
    ],
    ...['--map', "language={% iso6393 & ' ' & name %}", '--map', 'scope=scope'],
  );
  const seconds = (performance.now() - began) / 1000;

  expect(report).toMatchObject({
    status: 'completed',
    counts: { total: rows.length, queued: 0, running: 0, succeeded: rows.length, failed: 0 },
    model_calls: rows.length,
  });
  expect(server.stats.requests).toBe(rows.length);
  expect(server.stats.mostInFlight).toBeLessThanOrEqual(100);
  expect(report.cost_usd_at_most).toBe(report.cost_usd);

  const [header, ...written] = parse(await readFile(join(site.folder, 'out.csv'))) as string[][];
  expect(header).toEqual([...COLUMNS, 'note', 'length', 'even', '_status', '_processing_time', '_error']);
  expect(written.map((cells) => cells.slice(0, COLUMNS.length))).toEqual(rows);
  const expected = rows.map((cells) => {
    const said = `${cells[0]} ${cells[6]}`;
    return [`echo:${said}`, String(said.length), String(said.length % 2 === 0), 'SUCCESS'];
  });
  expect(written.map((cells) => cells.slice(COLUMNS.length, COLUMNS.length + 4))).toEqual(expected);
  process.stdout.write(`${rows.length} rows in ${seconds.toFixed(1)} s\n`);
}, 90_000);
