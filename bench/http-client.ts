import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, Pool, request } from 'undici';

const PAUSE_MS = 10;

/** The clients of a server. */
export interface HttpClient {
  send<Answer>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer>;
  /** The states in the events of a batch, in order, until the stream ends; `onOpen` is called at the first. */
  statesOf(batchId: string, onOpen: () => void): Promise<string[]>;
  /** Sends one message after the other; resolves to the number of answers. */
  chatWhile(going: () => boolean): Promise<number>;
  /** How long `/healthz` takes over one connection, in milliseconds, in order of size. */
  timeHealth(going: () => boolean): Promise<Float64Array>;
  close(): Promise<void>;
}

/** Opens connections as they are needed. */
export function openClient(url: string): HttpClient {
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const pool = new Pool(url, { connections: 1 });
  const post = { method: 'POST' as const, headers: { 'content-type': 'application/json' }, dispatcher };
  return {
    async send<Answer>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
      const sent = method === 'GET' ? { dispatcher } : { ...post, body: JSON.stringify(body) };
      const answer = await request(`${url}${path}`, sent);
      const text = await answer.body.text();
      if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 300)}`);
      return JSON.parse(text) as Answer;
    },
    async statesOf(batchId, onOpen) {
      const { body, statusCode } = await request(`${url}/v1/batches/${batchId}/events`, { dispatcher });
      if (statusCode !== 200) throw new Error(`events: ${statusCode} ${await body.text()}`);
      const states: string[] = [];
      let rest = '';
      for await (const chunk of body) {
        const events = (rest + String(chunk)).split('\n\n');
        rest = events.pop() ?? '';
        for (const event of events) {
          const state = /^data: .*?"status":"(\w+)"/m.exec(event)?.[1];
          if (state !== undefined && states.length === 0) onOpen();
          if (state !== undefined && state !== states.at(-1)) states.push(state);
        }
      }
      return states;
    },
    async chatWhile(going) {
      let answers = 0;
      while (going()) {
        const { body, statusCode } = await request(`${url}/v1/chat`, { ...post, body: '{"message":"Hello"}' });
        const text = await body.text();
        if (statusCode !== 200) throw new Error(`chat: ${statusCode} ${text.slice(0, 300)}`);
        answers += 1;
      }
      return answers;
    },
    async timeHealth(going) {
      const times: number[] = [];
      while (going()) {
        const began = performance.now();
        const { statusCode, body } = await pool.request({ path: '/healthz', method: 'GET' });
        await body.dump();
        if (statusCode !== 200) throw new Error(`/healthz answered ${statusCode}`);
        times.push(performance.now() - began);
        await sleep(PAUSE_MS);
      }
      return Float64Array.from(times).sort();
    },
    async close() {
      await Promise.all([pool.close(), dispatcher.destroy()]);
    },
  };
}

/** The value that this share of the sorted values does not exceed. */
export function share(sorted: Float64Array, part: number): number {
  return sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
}
