import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { createAnthropicProvider } from '../../../src/providers/anthropic/anthropic-provider.ts';

describe('the test server as a process of its own', () => {
  it('prints its URL, echoes rows, draws faults and counts', async () => {
    const child = spawn(
      process.execPath,
      ['test/support/messages-server.ts', '--mode', 'echo', '--latency', '0-5', '--faults', '529:0.5'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
      const provider = createAnthropicProvider({ apiKey: 'key', baseUrl: url, log: createSilentLog() });
      const schema = {
        type: 'object',
        properties: { n: { type: 'number' }, s: { type: 'string' }, b: { enum: ['x'] } },
      };
      const calls = await Promise.allSettled(
        Array.from({ length: 40 }, (_, row) =>
          provider.respond(
            {
              model: 'claude-haiku-5-5',
              system: '',
              messages: [{ role: 'user', content: JSON.stringify({ id: `row${row}`, other: 1 }) }],
              tools: [{ name: 'return_structured_data', description: '', inputSchema: schema }],
              maxTokens: 50,
            },
            { signal: new AbortController().signal },
          ),
        ),
      );
      const answered = calls.flatMap((settled, row) =>
        settled.status === 'fulfilled' ? [{ row, ...settled.value }] : [],
      );
      for (const { row, content } of answered) {
        const seed = `row${row}`;
        expect(content).toMatchObject([{ input: { n: seed.length, s: `echo:${seed}`, b: 'x' } }]);
      }
      expect(answered.length).toBeGreaterThan(5);
      expect(answered.length).toBeLessThan(35);
      const stats = await (await fetch(`${url}/stats`)).json();
      expect(stats).toMatchObject({ requests: 40, answered: answered.length, inFlight: 0 });
    } finally {
      child.kill('SIGTERM');
    }
  });
});
