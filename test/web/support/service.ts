import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { components } from '../../../src/client/api.ts';
import { type FakeModel, startFakeModel } from './fake-model.ts';
import { launch } from './launch.ts';
import { peakMegabytes } from './memory.ts';

/** The schemas of the REST interface by name. */
export type Schemas = components['schemas'];

/** How a service is started. */
export interface ServiceOptions {
  /** Keys of the server; without one it asks for none. */
  keys?: readonly string[];
  /** Further variables of its environment. */
  environment?: Readonly<Record<string, string>>;
  /** Arguments of the launcher. Default: `serve`. */
  command?: readonly string[];
}

/** A real `rowmill serve` with a data directory of its own, and a fake model behind it. */
export interface Service {
  url: string;
  dataDir: string;
  model: FakeModel;
  /** Sends JSON, or text as it is, and reads JSON, with the first key. @throws Error for every answer but a success */
  send<Body>(method: string, path: string, body?: unknown): Promise<Body>;
  /** The most memory that the server has had in main memory since it started, in MB. Linux only. */
  peakMegabytes(): number;
  /** Kills the server with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on its port and data, after {@link kill}. */
  start(): Promise<void>;
  /** Brings it to rest for another test: the model answers at once, by echo, and no batch runs. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a service, and waits until it answers. */
export async function startService({ keys = [], environment = {}, command = ['serve'] }: ServiceOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'rowmill-web-'));
  const dataDir = join(folder, 'data');
  const model = await startFakeModel();
  let port = 0;
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const { PATH = '', HOME = '' } = process.env;
    const started = launch([...command, '--json', '--port', String(port)], {
      cwd: folder,
      env: {
        ...{ PATH, HOME, ROWMILL_DATA_DIR: dataDir, ROWMILL_API_KEYS: keys.join(',') },
        ...{ ANTHROPIC_API_KEY: 'test', ANTHROPIC_BASE_URL: model.url, ROWMILL_LOG_LEVEL: 'warn', ...environment },
      },
    });
    child = started;
    for await (const line of createInterface(started.stdout)) {
      const [, found] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line) ?? [];
      if (found === undefined) continue;
      port = Number(found);
      started.stdout.resume();
      return;
    }
    throw new Error('The server did not start.');
  }

  async function kill(): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null) return;
    ending.kill('SIGKILL');
    await once(ending, 'exit');
  }

  await start();
  const service: Service = {
    url: `http://127.0.0.1:${port}`,
    dataDir,
    model,
    start,
    kill,
    peakMegabytes: () => peakMegabytes(child?.pid ?? 0),
    async send<Body>(method: string, path: string, body?: unknown): Promise<Body> {
      const isText = typeof body === 'string';
      const response = await fetch(`${service.url}${path}`, {
        method,
        headers: {
          ...(body !== undefined && { 'content-type': isText ? 'application/octet-stream' : 'application/json' }),
          ...(keys[0] !== undefined && { authorization: `Bearer ${keys[0]}` }),
        },
        ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as Body;
    },
    async settle() {
      model.reset();
      for (;;) {
        const { items } = await service.send<{ items: Schemas['Batch'][] }>(
          'GET',
          '/v1/batches?status=created,validating,loading,running,aggregating&limit=200',
        );
        if (items.length === 0) return;
        // One that ends meanwhile refuses.
        for (const { batch_id: id } of items)
          await service.send('POST', `/v1/batches/${id}/cancel`).catch(() => undefined);
      }
    },
    async close() {
      await kill();
      await model.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return service;
}
