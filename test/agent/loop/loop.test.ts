import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import type { Message } from '../../../src/protocol/messages.ts';
import type { CallModel, CallTool } from '../../../src/protocol/run.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import {
  answer,
  call,
  runScripted,
  type Said,
  targetAgent,
  text,
  tool,
  transcriptFaults,
} from '../../support/scripted-run.ts';

const ORCHESTRATOR = { structured_output: { enabled: false } };

function codeOf(outcome: { status: string; error?: AppError }): string | undefined {
  return outcome.status === 'failed' ? outcome.error?.code : outcome.status;
}

describe('a run with structured output', () => {
  it('succeeds with the content of the call and makes no further model call', async () => {
    const { outcome, requests } = await runScripted({ turns: [{ content: [answer({ city: 'Leeds' })] }] });
    expect(outcome).toMatchObject({ status: 'succeeded', structured: { city: 'Leeds' }, turns: 1 });
    expect(requests).toHaveLength(1);
    expect(transcriptFaults(outcome.messages)).toEqual([]);
  });

  it('gives an agent without tools the tool to answer with', async () => {
    const { requests } = await runScripted({ turns: [{ content: [answer({ city: 'Leeds' })] }] });
    expect(requests[0]?.tools.map(({ name }) => name)).toEqual(['return_structured_data']);
    expect(requests[0]?.tools[0]?.inputSchema).toEqual(targetAgent().structured_output.schema);
  });

  it('does not run the sibling calls of a valid answer', async () => {
    const { outcome, toolCalls } = await runScripted({
      tools: [tool('look')],
      turns: [
        { content: [call('look', { q: 'a' }, 'a'), answer({ city: 'Leeds' }, 'b'), call('look', { q: 'c' }, 'c')] },
      ],
    });
    expect(outcome.status).toBe('succeeded');
    expect(toolCalls).toEqual([]);
    expect(transcriptFaults(outcome.messages)).toEqual([]);
  });

  it('tells the model what is wrong with its answer, and takes the corrected one', async () => {
    const { outcome, requests } = await runScripted({
      turns: [{ content: [answer({ town: 1 }, 'a')] }, { content: [answer({ city: 'Leeds' }, 'b')] }],
    });
    expect(outcome).toMatchObject({ status: 'succeeded', turns: 2 });
    expect(requests[1]?.messages.at(-1)).toMatchObject({
      content: [{ type: 'tool_result', tool_use_id: 'a', is_error: true }],
    });
    expect(JSON.stringify(requests[1]?.messages.at(-1))).toMatch(/lacks the required field.*city/);
  });

  it.each(['end_turn', 'stop_sequence'] as const)(
    'tells a model that stops with %s to give its answer',
    async (stopReason) => {
      const { outcome, requests } = await runScripted({
        turns: [{ content: [text('It is Leeds.')], stopReason }, { content: [answer({ city: 'Leeds' })] }],
      });
      expect(outcome.status).toBe('succeeded');
      expect(requests[1]?.messages.at(-1)).toMatchObject({
        role: 'user',
        content: expect.stringMatching(/return_structured_data/),
      });
    },
  );

  it('asks again after an answer without any content, and never sends an empty message', async () => {
    const { outcome, requests } = await runScripted({
      turns: [{ content: [] }, { content: [answer({ city: 'Leeds' })] }],
    });
    expect(outcome.status).toBe('succeeded');
    expect(requests[1]?.messages.every(({ content }) => content.length > 0)).toBe(true);
  });

  it('fails with max_turns_exceeded when the model never answers', async () => {
    const definition = targetAgent({ limits: { max_turns: 3, timeout_s: 10 } });
    const { outcome, requests } = await runScripted({
      definition,
      turns: ['Hm.', 'Well.', 'Hm.', 'So.'].map((words) => ({ content: [text(words)] })),
    });
    expect(codeOf(outcome)).toBe('max_turns_exceeded');
    expect(outcome.turns).toBe(3);
    expect(requests).toHaveLength(3);
    expect(outcome.status === 'failed' && outcome.error.message).toMatch(/limits.max_turns of tester@v1/);
  });

  it('fails when the model says the same words three times, whatever turns are left', async () => {
    const { outcome, requests } = await runScripted({ turns: Array(5).fill({ content: [text('I will not.')] }) });
    expect(codeOf(outcome)).toBe('max_turns_exceeded');
    expect(requests).toHaveLength(3);
    expect(outcome.status === 'failed' && outcome.error.message).toMatch(/the same text 3 times.*agents\.yaml/);
  });

  it.each([
    ['words', 'It is Leeds.'],
    ['data that does not fit', '{"city": 7}'],
  ])('asks again after the same %s twice, which may be chance', async (_, words) => {
    const said: Said = { content: [text(words)] };
    const { outcome } = await runScripted({ turns: [said, said, { content: [answer({ city: 'Leeds' })] }] });
    expect(outcome.status).toBe('succeeded');
  });

  it('counts equal texts only in a row', async () => {
    const turns = ['Hm.', 'Hm.', 'Well.', 'Hm.', 'Hm.'].map((words): Said => ({ content: [text(words)] }));
    const { outcome } = await runScripted({ turns: [...turns, { content: [answer({ city: 'Leeds' })] }] });
    expect(outcome.status).toBe('succeeded');
  });

  it('fails with output_invalid when the last answer still does not fit', async () => {
    const definition = targetAgent({ limits: { max_turns: 2, timeout_s: 10 } });
    const turns = ['a', 'b'].map((id): Said => ({ content: [answer({ city: 7 }, id)] }));
    const { outcome } = await runScripted({ definition, turns });
    expect(codeOf(outcome)).toBe('output_invalid');
    expect(outcome.status === 'failed' && outcome.error.message).toMatch(/"city" must be string/);
  });

  it('keeps system, tools and earlier messages the same on every turn', async () => {
    const { requests } = await runScripted({
      tools: [tool('look')],
      turns: [
        { content: [call('look', { q: 'a' }, 'a')] },
        { content: [call('look', { q: 'b' }, 'b')] },
        { content: [answer({ city: 'Leeds' })] },
      ],
    });
    expect(requests).toHaveLength(3);
    for (const request of requests) {
      expect(request.system).toBe(requests[0]?.system);
      expect(request.tools).toEqual(requests[0]?.tools);
    }
    expect(requests[2]?.messages.slice(0, 3)).toEqual(requests[1]?.messages);
  });

  it('sums the usage of all turns', async () => {
    const { outcome } = await runScripted({
      turns: [{ content: [text('Hm.')] }, { content: [answer({ city: 'Leeds' })] }],
    });
    expect(outcome.usage).toEqual({ inputTokens: 20, outputTokens: 10, cacheWriteTokens: 0, cacheReadTokens: 0 });
  });

  it('fails an agent whose schema is not an object when it is opened', async () => {
    const definition = targetAgent({ structured_output: { enabled: true, schema: { type: 'array' } } });
    await expect(runScripted({ definition, turns: [] })).rejects.toMatchObject({ code: 'agents_invalid' });
  });
});

describe('stop reasons', () => {
  it('fails at once with the reason when the model refuses', async () => {
    const turn: Said = { content: [call('look', {})], stopReason: 'refusal', stopDetails: 'cyber: no' };
    const { outcome } = await runScripted({ turns: [turn] });
    expect(codeOf(outcome)).toBe('refused');
    expect(outcome.status === 'failed' && outcome.error.message).toContain('cyber: no');
    expect(transcriptFaults(outcome.messages)).toEqual([]);
  });

  it('fails at once with context_too_long when the context window is full', async () => {
    const { outcome } = await runScripted({ turns: [{ content: [], stopReason: 'model_context_window_exceeded' }] });
    expect(codeOf(outcome)).toBe('context_too_long');
  });

  it('sends the transcript back as it is after pause_turn', async () => {
    const opaque = { type: 'opaque' as const, provider: 'anthropic', value: { type: 'server_tool_use', id: 's' } };
    const { outcome, requests } = await runScripted({
      turns: [{ content: [opaque], stopReason: 'pause_turn' }, { content: [answer({ city: 'Leeds' })] }],
    });
    expect(outcome.status).toBe('succeeded');
    expect(requests[1]?.messages.at(-1)).toEqual({ role: 'assistant', content: [opaque] });
  });

  it('never uses a call that max_tokens cut off, even one that fits the schema', async () => {
    const { outcome, requests } = await runScripted({
      turns: [
        { content: [answer({ city: 'Le' }, 'cut')], stopReason: 'max_tokens' },
        { content: [answer({ city: 'Leeds' }, 'whole')] },
      ],
    });
    expect(outcome).toMatchObject({ status: 'succeeded', structured: { city: 'Leeds' } });
    expect(requests.map(({ maxTokens }) => maxTokens)).toEqual([1000, 2000]);
    expect(requests[1]?.messages.at(-1)).toMatchObject({ content: [{ tool_use_id: 'cut', is_error: true }] });
  });

  it('runs the whole calls beside the one that was cut off', async () => {
    const { outcome, toolCalls } = await runScripted({
      tools: [tool('look')],
      turns: [
        { content: [call('look', { q: 'a' }, 'a'), call('look', { q: 'b' }, 'b')], stopReason: 'max_tokens' },
        { content: [answer({ city: 'Leeds' })] },
      ],
    });
    expect(toolCalls.map(({ toolUseId }) => toolUseId)).toEqual(['a']);
    expect(transcriptFaults(outcome.messages)).toEqual([]);
  });

  it('fails with output_truncated when the answer is cut off twice', async () => {
    const cut = (id: string): Said => ({ content: [answer({ city: 'Le' }, id)], stopReason: 'max_tokens' });
    const { outcome, requests } = await runScripted({ turns: [cut('a'), cut('b')] });
    expect(codeOf(outcome)).toBe('output_truncated');
    expect(requests).toHaveLength(2);
    expect(transcriptFaults(outcome.messages)).toEqual([]);
  });

  it('asks the same again, with more room, when the model was cut off while thinking', async () => {
    const thinking = { type: 'opaque' as const, provider: 'anthropic', value: { type: 'thinking', thinking: 'Hm' } };
    const { outcome, requests } = await runScripted({
      turns: [{ content: [thinking], stopReason: 'max_tokens' }, { content: [answer({ city: 'Leeds' })] }],
    });
    expect(outcome.status).toBe('succeeded');
    expect(requests[1]).toEqual({ ...requests[0], maxTokens: 2000 });
  });

  it('ends a conversation with what was said when max_tokens cut off the words', async () => {
    const definition = targetAgent(ORCHESTRATOR);
    const { outcome } = await runScripted({
      definition,
      turns: [{ content: [text('Once upon')], stopReason: 'max_tokens' }],
    });
    expect(outcome).toMatchObject({ status: 'ended', stopReason: 'max_tokens' });
  });
});

describe('a conversation', () => {
  it('ends when the model has had its say', async () => {
    const { outcome } = await runScripted({
      definition: targetAgent(ORCHESTRATOR),
      tools: [tool('look')],
      turns: [{ content: [text('Let me see.'), call('look', { q: 'a' })] }, { content: [text('Done.')] }],
    });
    expect(outcome).toMatchObject({ status: 'ended', stopReason: 'end_turn', turns: 2 });
    expect(outcome.messages).toHaveLength(3);
  });

  it('fails with max_turns_exceeded when it does not end, its transcript whole', async () => {
    const definition = targetAgent({ ...ORCHESTRATOR, limits: { max_turns: 2, timeout_s: 10 } });
    const turns = ['a', 'b'].map((id): Said => ({ content: [call('look', { q: id }, id)] }));
    const { outcome } = await runScripted({ definition, tools: [tool('look')], turns });
    expect(codeOf(outcome)).toBe('max_turns_exceeded');
    expect(transcriptFaults(outcome.messages)).toEqual([]);
  });

  it('streams text and tells of turns and tool calls in order', async () => {
    const { events } = await runScripted({
      definition: targetAgent(ORCHESTRATOR),
      tools: [tool('look')],
      turns: [{ content: [call('look', { q: 'a' })] }, { content: [text('Done.')] }],
    });
    expect(events.map(({ type }) => type)).toEqual([
      'turn-start',
      'tool-call-start',
      'tool-call-end',
      'turn-end',
      'turn-start',
      'turn-end',
    ]);
  });

  it('hands streamed text over only when it is asked to', async () => {
    const script = { definition: targetAgent(ORCHESTRATOR), turns: [] };
    const callModel: CallModel = async ({ onText }) => {
      onText?.('Hello');
      const usage = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 };
      return { content: [text('Hello')], stopReason: 'end_turn' as const, usage, model: 'm' };
    };
    const streamed = await runScripted({ ...script, hooks: { callModel, stream: true } });
    expect(streamed.events).toContainEqual({ type: 'text-delta', turn: 0, text: 'Hello' });
    const whole = await runScripted({ ...script, hooks: { callModel } });
    expect(whole.events.map(({ type }) => type)).toEqual(['turn-start', 'turn-end']);
  });
});

describe('ids of tool calls', () => {
  it('replaces missing and repeated ones, in both places and the same each time', async () => {
    const input: Message[] = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'old', name: 'look', input: { q: 'z' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'old', content: '1' }] },
    ];
    const script = {
      tools: [tool('look')],
      input,
      turns: [
        { content: [call('look', { q: 'a' }, ''), call('look', { q: 'b' }, 'same'), call('look', { q: 'c' }, 'same')] },
        { content: [call('look', { q: 'd' }, 'old'), call('look', { q: 'e' }, '')] },
        { content: [answer({ city: 'Leeds' }, 'same')] },
      ],
    };
    const { outcome, toolCalls } = await runScripted(script);
    expect(outcome.status).toBe('succeeded');
    expect(transcriptFaults([...input, ...outcome.messages])).toEqual([]);
    expect(toolCalls.map(({ input: sent }) => sent)).toEqual(['a', 'b', 'c', 'd', 'e'].map((q) => ({ q })));
    expect(outcome.messages).toEqual((await runScripted(script)).outcome.messages);
  });
});

describe('limits', () => {
  it('fails with row_timeout when the model is slower than timeout_s, and cancels the call', async () => {
    const clock = createManualClock();
    let cancelled = false;
    const definition = targetAgent({ limits: { max_turns: 8, timeout_s: 5 } });
    const never = (_request: unknown, signal: AbortSignal) =>
      new Promise<Said>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          cancelled = true;
          reject(new AppError('aborted', 'cancelled'));
        });
      });
    const running = runScripted({ definition, clock, turns: [never] });
    await clock.advance(4999);
    expect(cancelled).toBe(false);
    await clock.advance(1);
    const { outcome } = await running;
    expect(cancelled).toBe(true);
    expect(codeOf(outcome)).toBe('row_timeout');
    expect(outcome.status === 'failed' && outcome.error.message).toMatch(/limits.timeout_s of tester@v1 is 5/);
    expect(clock.sleepers()).toBe(0);
  });

  it('leaves a model call behind that does not heed its signal', async () => {
    const clock = createManualClock();
    const definition = targetAgent({ limits: { max_turns: 8, timeout_s: 5 } });
    const running = runScripted({ definition, clock, turns: [() => new Promise<Said>(() => undefined)] });
    await clock.advance(5000);
    await clock.advance(1000);
    expect(codeOf((await running).outcome)).toBe('row_timeout');
  });

  it('fails with row_timeout when a tool outlasts the run', async () => {
    const clock = createManualClock();
    const definition = targetAgent({ limits: { max_turns: 8, timeout_s: 5 } });
    const slow = tool('slow', { execute: () => new Promise(() => undefined) });
    const running = runScripted({ definition, clock, tools: [slow], turns: [{ content: [call('slow', { q: 'a' })] }] });
    await clock.advance(0);
    await clock.advance(5000);
    const { outcome } = await running;
    expect(codeOf(outcome)).toBe('row_timeout');
    expect(transcriptFaults(outcome.messages)).toEqual([]);
  });

  it('does not count the time in which the journal of a tool call waits', async () => {
    const clock = createManualClock();
    const definition = targetAgent({ limits: { max_turns: 8, timeout_s: 5 } });
    const callTool: CallTool = async (_call, execute) => {
      await clock.advance(6000);
      const result = await execute('key');
      await clock.advance(6000);
      return result;
    };
    const turns = [
      { content: [call('look', { q: 'a' }), call('look', { q: 'b' })] },
      { content: [answer({ city: 'X' })] },
    ];
    const { outcome } = await runScripted({ definition, clock, tools: [tool('look')], turns, hooks: { callTool } });
    expect(outcome.status).toBe('succeeded');
  });

  it('fails with aborted when the caller aborts, and lets go of the deadline', async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    const turns = [
      () =>
        new Promise<Said>((_resolve, reject) => {
          controller.signal.addEventListener('abort', () => reject(new AppError('aborted', 'cancelled')));
        }),
    ];
    const running = runScripted({ clock, turns, hooks: { signal: controller.signal } });
    await clock.advance(1);
    controller.abort();
    expect(codeOf((await running).outcome)).toBe('aborted');
    expect(clock.sleepers()).toBe(0);
  });

  it("fails with the caller's own reason when that is an error of ours", async () => {
    const reason = new AppError('lease_lost', 'The lease is gone.');
    const { outcome, requests } = await runScripted({ turns: [], hooks: { signal: AbortSignal.abort(reason) } });
    expect(outcome).toMatchObject({ status: 'failed', error: reason });
    expect(requests).toHaveLength(0);
  });

  it('fails with the error of a model call', async () => {
    const error = new AppError('model_key_refused', 'Set ANTHROPIC_API_KEY.');
    const { outcome } = await runScripted({ turns: [() => Promise.reject(error)] });
    expect(outcome).toMatchObject({ status: 'failed', error, turns: 0 });
  });
});
