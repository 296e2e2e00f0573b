import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Client as ModernClient } from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernStdio } from '@modelcontextprotocol/client/stdio';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as LegacyStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyClient } from './clients.ts';
import { makePlace, type Place, ROWMILL } from './rowmill-process.ts';

const INFO = { name: 'rowmill-tests', version: '1.0.0' };

let place: Place;
beforeAll(async () => {
  place = await makePlace({ latencyMs: 700 });
});
afterAll(() => place.close());

function parameters() {
  return { command: process.execPath, args: [ROWMILL, 'mcp'], cwd: place.folder, env: place.env };
}

async function connectLegacy(): Promise<AnyClient> {
  const client = new LegacyClient(INFO);
  await client.connect(new LegacyStdio(parameters()));
  return client as unknown as AnyClient;
}

async function connectModern(): Promise<AnyClient> {
  const client = new ModernClient(INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(new ModernStdio(parameters()));
  return client as unknown as AnyClient;
}

describe('rowmill mcp', () => {
  it('leaves a batch to a process of its own, which another server sees through to its end', async () => {
    const first = await connectLegacy();
    const started = await first.callTool({
      name: 'execute_batch_processor',
      arguments: { csv_uri: 'addresses.csv', target: { name: 'speed-checker' }, options: { concurrency: 1 } },
    });
    expect(started.isError, started.content[0]?.text).toBeFalsy();
    const id = String(started.structuredContent?.['batch_id']);
    await first.close();

    const second = await connectModern();
    const seen: number[] = [];
    const ended = await second.callTool(
      { name: 'monitor_batch_execution', arguments: { batch_id: id, wait_seconds: 45 } },
      { onprogress: ({ progress }) => seen.push(progress) },
    );
    expect(ended.structuredContent).toMatchObject({
      status: 'completed',
      counts: { total: 3, succeeded: 2, failed: 1 },
      output_uri: expect.stringContaining('addresses.speed-checker.csv'),
    });
    expect(seen.length).toBeGreaterThan(1);
    const { contents } = await second.readResource({ uri: `rowmill://batches/${id}/results.csv` });
    expect(contents[0]?.text).toContain('SUCCESS');
    await second.close();
  });

  it.each([
    ['as soon as nothing is open', undefined, 3000],
    ['within five seconds though a call waits', { wait_seconds: 45 }, 5000],
  ])('ends with its stdin, %s', async (_when, waiting, limitMs) => {
    const child = spawn(process.execPath, [ROWMILL, 'mcp'], {
      cwd: place.folder,
      env: place.env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: INFO };
    send({ id: 1, method: 'initialize', params });
    await once(child.stdout, 'data');
    if (waiting !== undefined) {
      const target = { name: 'speed-checker' };
      const start = { csv_uri: 'addresses.csv', target, options: { concurrency: 1 } };
      send({ id: 2, method: 'tools/call', params: { name: 'execute_batch_processor', arguments: start } });
      const [answer] = await once(child.stdout, 'data');
      const { batch_id } = JSON.parse(String(answer)).result.structuredContent;
      const watch = { name: 'monitor_batch_execution', arguments: { ...waiting, batch_id } };
      send({ id: 3, method: 'tools/call', params: watch });
    }
    const begun = Date.now();
    child.stdin.end();
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(Date.now() - begun).toBeLessThan(limitMs);
  });
});
