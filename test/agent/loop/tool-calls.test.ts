import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import type { UserBlock } from '../../../src/protocol/messages.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import {
  answer,
  call,
  runScripted,
  type ScriptedOutcome,
  type Turn,
  tool,
  transcriptFaults,
} from '../../support/scripted-run.ts';

const done: Turn = { content: [answer({ city: 'Leeds' }, 'end')] };

/** The results of the first turn. */
function results({ outcome }: ScriptedOutcome): Extract<UserBlock, { type: 'tool_result' }>[] {
  const message = outcome.messages[1];
  if (message?.role !== 'user' || typeof message.content === 'string') throw new Error('no results');
  return message.content.filter((block) => block.type === 'tool_result');
}

describe('tool calls', () => {
  it('run concurrently and are answered in their order, whichever ends first', async () => {
    const releases: (() => void)[] = [];
    const slow = tool('slow', {
      execute: (input) =>
        new Promise((resolve) => {
          releases.push(() => resolve(input));
          if (releases.length === 3) for (const release of releases.toReversed()) release();
        }),
    });
    const turns = [{ content: ['a', 'b', 'c'].map((q) => call('slow', { q }, q)) }, done];
    const ran = await runScripted({ tools: [slow], turns });
    expect(results(ran).map(({ tool_use_id: id, content }) => [id, content])).toEqual([
      ['a', '{"q":"a"}'],
      ['b', '{"q":"b"}'],
      ['c', '{"q":"c"}'],
    ]);
  });

  it('carry turn, index, idempotency and a stable key', async () => {
    const seen: string[] = [];
    const keyed = tool('keyed', {
      idempotent: false,
      execute: async (_input, { idempotencyKey }) => {
        seen.push(idempotencyKey);
        return null;
      },
    });
    const turns = [{ content: [call('keyed', { q: 'a' }, 'a'), call('keyed', { q: 'b' }, 'b')] }, done];
    const { toolCalls } = await runScripted({ tools: [keyed], turns });
    expect(toolCalls).toMatchObject([
      { turn: 0, index: 0, toolUseId: 'a', name: 'keyed', idempotent: false },
      { turn: 0, index: 1, toolUseId: 'b', name: 'keyed', idempotent: false },
    ]);
    expect(seen).toEqual(toolCalls.map(({ key }) => key));
  });

  it('of an unknown tool are told the nearest name, and are not executed', async () => {
    const ran = await runScripted({
      tools: [tool('lookup_broadband')],
      turns: [{ content: [call('lookup_brodband', {})] }, done],
    });
    expect(results(ran)).toMatchObject([
      { is_error: true, content: expect.stringMatching(/Did you mean "lookup_broadband"/) },
    ]);
    expect(ran.toolCalls).toEqual([]);
  });

  it('of a tool that is in the snapshot and gone are told to go on without it', async () => {
    const toolSpecs = [{ name: 'gone', description: 'Was here.', inputSchema: { type: 'object' } }];
    const ran = await runScripted({ tools: [tool('look')], toolSpecs, turns: [{ content: [call('gone', {})] }, done] });
    expect(ran.requests[0]?.tools.map(({ name }) => name)).toEqual(['gone', 'return_structured_data']);
    expect(results(ran)).toMatchObject([{ is_error: true, content: expect.stringMatching(/not available any more/) }]);
  });

  it('with input that does not fit are told what is wrong, and are not executed', async () => {
    const ran = await runScripted({ tools: [tool('look')], turns: [{ content: [call('look', { q: 5 })] }, done] });
    expect(results(ran)).toMatchObject([{ is_error: true, content: expect.stringMatching(/"q" must be string/) }]);
    expect(ran.toolCalls).toEqual([]);
  });

  it.each([['not an object'], [['a']], [7]])('with the input %j are refused', async (input) => {
    const ran = await runScripted({ tools: [tool('look')], turns: [{ content: [call('look', input)] }, done] });
    expect(results(ran)).toMatchObject([{ is_error: true, content: expect.stringMatching(/must be an object/) }]);
  });

  it.each([
    ['rejects', async () => Promise.reject(new Error('no such postcode'))],
    [
      'throws',
      () => {
        throw new Error('no such postcode');
      },
    ],
  ])('of a tool that %s become an error result with its message', async (_how, execute) => {
    const ran = await runScripted({
      tools: [tool('bad', { execute })],
      turns: [{ content: [call('bad', { q: 'a' })] }, done],
    });
    expect(ran.outcome.status).toBe('succeeded');
    expect(results(ran)).toMatchObject([
      { is_error: true, content: expect.stringMatching(/bad failed: no such postcode/) },
    ]);
  });

  it('past their deadline become an error result, their signal fired, and the run goes on', async () => {
    const clock = createManualClock();
    let fired = false;
    const slow = tool('slow', {
      timeoutMs: 2000,
      idempotent: false,
      execute: (_input, { signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            fired = true;
          });
        }),
    });
    const running = runScripted({ clock, tools: [slow], turns: [{ content: [call('slow', { q: 'a' })] }, done] });
    await clock.advance(0);
    await clock.advance(1999);
    expect(fired).toBe(false);
    await clock.advance(1);
    const ran = await running;
    expect(fired).toBe(true);
    expect(ran.outcome.status).toBe('succeeded');
    expect(results(ran)[0]?.content).toMatch(/did not answer within 2 s. It is not known whether it took effect/);
    expect(clock.sleepers()).toBe(0);
  });

  it('have a minute when the tool names no deadline', async () => {
    const clock = createManualClock();
    const slow = tool('slow', { execute: () => new Promise(() => undefined) });
    const running = runScripted({ clock, tools: [slow], turns: [{ content: [call('slow', { q: 'a' })] }, done] });
    await clock.advance(0);
    await clock.advance(60_000);
    expect(results(await running)[0]?.content).toMatch(/did not answer within 1 min. Try it once more/);
  });

  it('leave no result when the run is aborted under them', async () => {
    const controller = new AbortController();
    const slow = tool('slow', {
      execute: (_input, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', reject)),
    });
    let rejected: unknown;
    const ran = runScripted({
      tools: [slow],
      turns: [{ content: [call('slow', { q: 'a' })] }],
      hooks: {
        signal: controller.signal,
        callTool: (_call, execute) => {
          const result = execute('key').catch((thrown: unknown) => {
            rejected = thrown;
            throw thrown;
          });
          controller.abort();
          return result;
        },
      },
    });
    const { outcome } = await ran;
    expect(rejected).toMatchObject({ code: 'aborted' });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'aborted' } });
    expect(transcriptFaults(outcome.messages)).toEqual([]);
  });

  it('end the run with the error of the journal, the sibling calls cancelled', async () => {
    let cancelled = false;
    const slow = tool('slow', {
      execute: (_input, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            cancelled = true;
            reject(new Error('cancelled'));
          });
        }),
    });
    const error = new AppError('tool_outcome_unknown', 'The answer was lost.');
    const { outcome } = await runScripted({
      tools: [slow],
      turns: [{ content: [call('slow', { q: 'a' }, 'a'), call('slow', { q: 'b' }, 'b')] }],
      hooks: { callTool: (toolCall, execute) => (toolCall.index === 1 ? Promise.reject(error) : execute('key')) },
    });
    expect(outcome).toMatchObject({ status: 'failed', error });
    expect(cancelled).toBe(true);
    expect(transcriptFaults(outcome.messages)).toEqual([]);
  });

  it('give plain JSON as text, and an object in structured form too', async () => {
    const made: unknown[] = [{ a: 1 }, 'words', [1], null];
    const many = tool('many', { execute: async ({ q }) => made[Number(q)] as never });
    const turns = [{ content: made.map((_value, q) => call('many', { q: String(q) }, `id${q}`)) }, done];
    const ran = await runScripted({ tools: [many], turns });
    expect(results(ran).map(({ content }) => content)).toEqual(['{"a":1}', 'words', '[1]', 'null']);
    const ends = ran.events.filter((event) => event.type === 'tool-call-end');
    expect(ends.find(({ toolUseId }) => toolUseId === 'id0')?.result.structured).toEqual({ a: 1 });
  });

  it('cut a result of more than 200,000 characters and say so', async () => {
    const long = tool('long', { execute: async () => '🙂'.repeat(150_000) });
    const ran = await runScripted({ tools: [long], turns: [{ content: [call('long', { q: 'a' })] }, done] });
    const { content } = results(ran)[0] ?? { content: '' };
    expect(content.length).toBeLessThan(200_200);
    expect(content).toMatch(/\[cut here: 200000 of 300000 characters are shown/);
    expect(content.isWellFormed()).toBe(true);
  });

  it('are not checked against a schema that can not be compiled', async () => {
    const odd = tool('odd', { inputSchema: { type: 'object', properties: { q: { type: 'strange' } } } });
    const ran = await runScripted({ tools: [odd], turns: [{ content: [call('odd', { q: 1 })] }, done] });
    expect(results(ran)[0]).not.toHaveProperty('is_error');
  });

  it('are checked against a schema of an older dialect', async () => {
    const inputSchema = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', required: ['q'] };
    const ran = await runScripted({
      tools: [tool('old', { inputSchema })],
      turns: [{ content: [call('old', {})] }, done],
    });
    expect(results(ran)[0]).toMatchObject({ is_error: true });
  });
});

describe('the set of tools', () => {
  it.each([
    ['two of one name', [tool('look'), tool('look')]],
    ['the name that is taken', [tool('return_structured_data')]],
  ])('is refused with %s', async (_what, tools) => {
    await expect(runScripted({ tools, turns: [] })).rejects.toMatchObject({ code: 'agents_invalid' });
  });
});
