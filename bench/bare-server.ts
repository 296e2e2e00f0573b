/** Bare hono handlers, beside which `http` shows the figures of `rowmill serve`: the same streams, and nothing else. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';

const EVENT_MS = 250;
const CHAT_MS = 20_000;
/** As long as the report of a batch. */
const REPORT = 'x'.repeat(1_500);

const app = new Hono();
app.get('/healthz', (c) => c.json({ status: 'ok' }));
app.get('/v1/batches/:id/events', (c) =>
  streamSSE(c, async (stream) => {
    while (!stream.aborted) {
      await stream.writeSSE({ event: 'report', data: REPORT });
      await stream.sleep(EVENT_MS);
    }
  }),
);
app.post('/v1/chat', (c) =>
  streamSSE(c, async (stream) => {
    await stream.sleep(CHAT_MS);
    await stream.writeSSE({ event: 'done', data: 'Yes.' });
  }),
);
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
