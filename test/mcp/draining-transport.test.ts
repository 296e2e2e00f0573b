import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import { serveMcpStdio } from '../../src/mcp/stdio.ts';

/** A server whose tool answers when the test says so. */
function startServer() {
  let answer: () => void = () => undefined;
  const called = new Promise<void>((resolveCalled) => {
    answer = resolveCalled;
  });
  const aborted: boolean[] = [];
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const served = serveMcpStdio(
    () => {
      const server = new McpServer({ name: 'slow', version: '1' });
      server.registerTool('wait', { description: 'Waits.' }, async ({ mcpReq }) => {
        mcpReq.signal.addEventListener('abort', () => aborted.push(true));
        await called;
        return { content: [{ type: 'text', text: 'done' }] };
      });
      return server;
    },
    { log: createSilentLog(), stdin, stdout },
  );
  const send = (message: object) => stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const initialize = {
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
  };
  return { stdin, stdout, served, send, initialize, answer, aborted };
}

describe('MCP over stdio', () => {
  it('answers an endless line with an error and goes on', async () => {
    const { stdin, stdout, served, send, initialize } = startServer();
    const lines: { id: unknown; error?: { message: string }; result?: unknown }[] = [];
    stdout.on('data', (chunk) => {
      for (const line of String(chunk).split('\n')) if (line !== '') lines.push(JSON.parse(line));
    });
    for (let written = 0; written < 6; written += 1) stdin.write('x'.repeat(1024 * 1024));
    stdin.write('\n');
    send(initialize);
    stdin.end();
    await served;
    expect(lines).toMatchObject([
      { id: null, error: { message: expect.stringMatching(/longer than 4 MiB/) } },
      { id: 1, result: { serverInfo: { name: 'slow' } } },
    ]);
  });

  it('answers what was asked before stdin ended, then ends', async () => {
    const { stdin, stdout, served, send, initialize, answer } = startServer();
    send(initialize);
    send({ method: 'notifications/initialized' });
    send({ id: 2, method: 'tools/call', params: { name: 'wait', arguments: {} } });
    stdin.end();
    let written = '';
    stdout.on('data', (chunk) => {
      written += chunk;
    });
    await once(stdout, 'data');
    // The end of stdin is known by now to everybody who waits for it.
    for (let turn = 0; turn < 50; turn += 1) await setImmediate();
    answer();
    await served;
    expect(written).toContain('"id":2');
    expect(written).toContain('done');
  });

  it('ends within five seconds though a call goes on', async () => {
    const { stdin, stdout, served, send, initialize, aborted } = startServer();
    stdout.resume();
    send(initialize);
    send({ id: 2, method: 'tools/call', params: { name: 'wait', arguments: {} } });
    stdin.end();
    const begun = Date.now();
    await served;
    expect(Date.now() - begun).toBeLessThan(5000);
    expect(aborted).toEqual([true]);
  });

  it('waits for no answer to a request that was cancelled', async () => {
    const { stdin, stdout, served, send, initialize, aborted } = startServer();
    let written = '';
    stdout.on('data', (chunk) => {
      written += chunk;
    });
    send(initialize);
    send({ id: 2, method: 'tools/call', params: { name: 'wait', arguments: {} } });
    send({ method: 'notifications/cancelled', params: { requestId: 2, reason: 'not needed' } });
    stdin.end();
    const begun = Date.now();
    await served;
    expect(Date.now() - begun).toBeLessThan(2500);
    expect(aborted).toEqual([true]);
    expect(written).toContain('"id":1');
    expect(written).not.toContain('"id":2');
  });

  it('ends at once when nothing is open, and on its signal', async () => {
    const idle = startServer();
    idle.stdin.end();
    const begun = Date.now();
    await idle.served;
    expect(Date.now() - begun).toBeLessThan(2500);
    const stop = new AbortController();
    const stopped = serveMcpStdio(() => new McpServer({ name: 'x', version: '1' }), {
      log: createSilentLog(),
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      signal: stop.signal,
    });
    stop.abort();
    await stopped;
  });
});
