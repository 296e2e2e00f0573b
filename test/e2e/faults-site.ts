import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import { createSilentLog } from '../../src/base/log.ts';
import type { App } from '../../src/cli/app.ts';
import type { BatchReport } from '../../src/runner/contract/report/report.ts';
import type { BatchOptions } from '../../src/runner/contract/request/options.ts';
import { type MessagesServer, type MessagesServerOptions, startMessagesServer } from '../support/messages-server.ts';

const AGENTS = `agents:
  - name: labeller
    version: v1
    model: claude-haiku-5-5
    instructions: Label the word.
    input: { type: object, properties: { word: { type: string } }, required: [word] }
    structured_output:
      enabled: true
      schema:
        type: object
        properties: { label: { type: string }, size: { type: integer, minimum: 0 } }
        required: [label, size]
        additionalProperties: false
`;

/** The whole product in this process, the real SDK, and a server that speaks the Messages API. */
export interface FaultsSite {
  app: App;
  server: MessagesServer;
  /** The words of the table, one row each. */
  words: string[];
  start(options?: BatchOptions): Promise<string>;
  run(options?: BatchOptions): Promise<BatchReport>;
  /** The rows of the output table, without its header. */
  output(): Promise<string[]>;
  close(): Promise<void>;
}

export async function createFaultsSite(options: MessagesServerOptions & { rows: number }): Promise<FaultsSite> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-faults-')));
  const server = await startMessagesServer(options);
  const words = Array.from({ length: options.rows }, (_, index) => `word${index}${'x'.repeat(index % 7)}`);
  await writeFile(join(folder, 'agents.yaml'), AGENTS);
  await writeFile(join(folder, 'words.csv'), ['word', ...words, ''].join('\n'));
  const env = { ROWMILL_DATA_DIR: join(folder, 'data'), ANTHROPIC_API_KEY: 'key', ANTHROPIC_BASE_URL: server.url };
  const app = await createApp(readConfig(env, folder), createSilentLog(), { driver: 'supervisor' });
  const start = async (batchOptions?: BatchOptions) => {
    const { report } = await app.runner.create({
      csv_uri: join(folder, 'words.csv'),
      target: { type: 'agent', name: 'labeller' },
      output_uri: join(folder, 'out.csv'),
      options: { mode: 'realtime', ...batchOptions, overwrite: true },
    });
    return report.batch_id;
  };
  return {
    app,
    server,
    words,
    start,
    run: async (batchOptions) => app.runner.drive(await start(batchOptions)),
    output: async () => (await readFile(join(folder, 'out.csv'), 'utf8')).trimEnd().split('\n').slice(1),
    close: async () => {
      await app.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
