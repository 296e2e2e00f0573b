import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inputOf } from '../support/echo-agent.ts';
import { type MessagesServer, startMessagesServer } from '../support/messages-server.ts';
import { createSite, type RowmillProcess, type Site, until } from './rowmill-process.ts';
import { SCORER } from './scorer-agent.ts';

const ROWS = 120;

let model: MessagesServer;
let site: Site;
let serving: RowmillProcess;
let url: string;
beforeAll(async () => {
  model = await startMessagesServer({
    latencyMs: [20, 30],
    seed: 1,
    respond: async (request) => ({
      content: [
        {
          type: 'tool_use',
          id: 'call_1',
          name: 'return_structured_data',
          input: { answer: `${inputOf(request)['q']}!` },
        },
      ],
      usage: { input_tokens: 100, output_tokens: 20 },
    }),
  });
  site = await createSite(SCORER, { ANTHROPIC_BASE_URL: model.url });
  const words = Array.from({ length: ROWS }, (_, index) => `word${index}`);
  await site.write('table.csv', `q\n${words.join('\n')}\n`);
  serving = site.rowmill('serve', '--json', '--port', '0');
  let output = '';
  serving.child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  const found = () => /http:\/\/[\d.]+:\d+/.exec(output)?.[0];
  await until(() => found() !== undefined, 'the address', { by: serving });
  url = found() ?? '';
});
afterAll(async () => {
  await site.close();
  await model.close();
});

const json = async (path: string, init: RequestInit = {}) => {
  const answer = await fetch(url + path, {
    ...init,
    headers: { ...(typeof init.body === 'string' && { 'content-type': 'application/json' }), ...init.headers },
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
};

interface Report {
  id: string;
  status: string;
  ended: number;
}

/** Reads reports of a batch until there are enough, and then cuts the connection; or to the end of the stream. */
async function readReports(id: string, { after, most }: { after?: string; most?: number }): Promise<Report[]> {
  const cut = new AbortController();
  const headers = after === undefined ? {} : { 'last-event-id': after };
  const answer = await fetch(`${url}/v1/batches/${id}/events`, { headers, signal: cut.signal });
  const reports: Report[] = [];
  let text = '';
  for await (const chunk of (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, data = '', event = ''] = /^event: report\ndata: (.*)\nid: (.*)$/m.exec(block) ?? [];
      if (data === '') continue;
      const { status, counts } = JSON.parse(data);
      reports.push({ id: event, status, ended: counts.succeeded + counts.failed });
    }
    if (most !== undefined && reports.length >= most) break;
  }
  cut.abort();
  return reports;
}

test('a client that was cut off gets every later state of a running batch, and nothing twice', async () => {
  const request = { csv_uri: join(site.folder, 'table.csv'), target: { name: 'scorer' }, options: { concurrency: 2 } };
  const { body } = await json('/v1/batches', { method: 'POST', body: JSON.stringify(request) });
  const id = String(body.batch_id);
  const first = await readReports(id, { most: 3 });
  const seen = (await json(`/v1/batches/${id}/flow`)).body.changes.length;
  const second = await readReports(id, { after: first.at(-1)?.id ?? '' });
  expect(first.at(-1)?.ended).toBeLessThan(ROWS);
  expect(second.length).toBeGreaterThan(1);
  const ids = [...first, ...second].map((report) => report.id);
  expect(new Set(ids).size).toBe(ids.length);
  const ended = [...first, ...second].map((report) => report.ended);
  expect(ended).toEqual(ended.toSorted((a, b) => a - b));
  expect(second.at(-1)).toMatchObject({ status: 'completed', ended: ROWS });
  // What happened while nobody listened is read by the number of the last change that is known.
  const { body: missed } = await json(`/v1/batches/${id}/flow?after=${seen}`);
  const { body: whole } = await json(`/v1/batches/${id}/flow`);
  const numbers = whole.changes.map(({ number }: { number: number }) => number);
  expect(numbers).toEqual(numbers.map((_: number, index: number) => index + 1));
  expect(missed.changes).toEqual(whole.changes.slice(seen));
  expect(whole.changes.at(-1)).toMatchObject({ state: 'completed', counts: { succeeded: ROWS } });
});

const kept = async () => {
  const uploads = join(site.env['ROWMILL_DATA_DIR'] ?? '', 'uploads');
  return existsSync(uploads) ? readdir(uploads) : [];
};

test('a client that leaves in the middle of an upload leaves nothing behind', async () => {
  const leave = new AbortController();
  let sent = 0;
  const body = new ReadableStream({
    async pull(controller) {
      sent += 1;
      // Never without an end: a server that takes no notice of the client must fail this test, not keep it for ever.
      if (leave.signal.aborted || sent > 2_000) return controller.close();
      controller.enqueue(new Uint8Array(100_000).fill(120));
      // Leaves once its first bytes are on the disk of the server.
      if ((await kept()).length > 0) leave.abort();
    },
  });
  const sending = fetch(`${url}/v1/uploads?name=big.csv`, {
    ...{ method: 'POST', body, duplex: 'half', signal: leave.signal },
  } as RequestInit);
  await expect(sending).rejects.toThrow();
  await until(async () => (await kept()).length === 0, 'no file', { by: serving });
  await until(async () => (await json('/v1/uploads')).body.items.length === 0, 'no upload', { by: serving });
});

test('a client that leaves in the middle of an export leaves nothing behind', async () => {
  const { body } = await json('/v1/batches?limit=1');
  const path = `${url}/v1/batches/${body.items[0].batch_id}/export?format=xlsx`;
  const files = async () => (await readdir(site.folder, { recursive: true })).toSorted();
  const before = await files();
  for (let number = 0; number < 5; number += 1) {
    const leave = new AbortController();
    const answer = await fetch(path, { signal: leave.signal });
    leave.abort();
    await answer.arrayBuffer().catch(() => undefined);
  }
  await until(async () => String(await files()) === String(before), 'no file', { by: serving });
  const whole = await fetch(path);
  expect([whole.status, (await whole.arrayBuffer()).byteLength > 1000]).toEqual([200, true]);
});

test.skipIf(!existsSync('/dev/full'))(
  'a full disk refuses the bytes of an upload with the reason; with space they are sent again',
  async () => {
    const { body: upload } = await json('/v1/uploads?name=a.csv&length=4', { method: 'POST' });
    const folder = join(site.env['ROWMILL_DATA_DIR'] ?? '', 'uploads');
    const file = join(folder, `${upload.upload_id}.data`);
    await mkdir(folder, { recursive: true });
    await symlink('/dev/full', file);
    const path = `/v1/uploads/${upload.upload_id}`;
    const send = () => json(path, { method: 'PATCH', body: Buffer.from('q\nx\n'), headers: { 'upload-offset': '0' } });
    const refused = await send();
    expect(refused).toMatchObject({ status: 502, body: { code: 'location_unavailable' } });
    expect(refused.body.detail).toContain('no space is left');
    expect((await json(path)).body).toMatchObject({ status: 'receiving', offset: 0 });
    await rm(file);
    expect((await send()).body).toMatchObject({ status: 'complete', bytes: 4 });
    expect((await json(path, { method: 'DELETE' })).status).toBe(204);
    expect(await kept()).toEqual([]);
  },
);
