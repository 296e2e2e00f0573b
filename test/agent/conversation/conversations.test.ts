import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Tool } from '../../../src/agent/tool.ts';
import { AppError } from '../../../src/base/errors.ts';
import type { Message } from '../../../src/protocol/messages.ts';
import { type Answer, calls, createWorld, hangs, says, talk } from './conversation-world.ts';

let world: Awaited<ReturnType<typeof createWorld>>;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

const fails =
  (code: 'model_key_refused' | 'model_request_invalid'): Answer =>
  async () => {
    throw new AppError(code, 'The key was refused.');
  };

/** A tool that counts its calls. */
function counter(idempotent = true): Tool & { calls: number } {
  const tool = {
    name: 'count',
    description: 'Counts.',
    inputSchema: { type: 'object' },
    idempotent,
    calls: 0,
    async execute() {
      tool.calls += 1;
      return { count: tool.calls };
    },
  };
  return tool;
}

async function stored(id = 'conv_1') {
  const conversation = await world.store.readConversation(id);
  if (conversation === undefined) throw new Error('The conversation is not stored.');
  return conversation;
}

/** Fails unless the transcript is one that the Messages API takes. */
function expectValid(messages: Message[]): void {
  messages.forEach((message, index) => {
    expect(message.role).toBe(index % 2 === 0 ? 'user' : 'assistant');
    expect(message.content.length).toBeGreaterThan(0);
    if (message.role !== 'assistant') return;
    const ids = message.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    const next = messages[index + 1]?.content ?? [];
    const results =
      typeof next === 'string'
        ? []
        : next.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
    if (index < messages.length - 1 || ids.length > 0) expect(results).toEqual(ids);
  });
}

describe('a message', () => {
  it('gives its events in order, with usage and cost over all its turns', async () => {
    const tool = counter();
    const process = world.process('p1', [says('Let me count.', calls('count', 'a')), says('One.')], { tools: [tool] });
    const events = await talk(process, 'Count.');
    expect(events.map((event) => event.type)).toEqual([
      'conversation',
      'text-delta',
      'tool-call-start',
      'tool-call-end',
      'turn-end',
      'text-delta',
      'turn-end',
      'done',
    ]);
    // Turns add up to the cost of the answer.
    expect(events.flatMap((event) => (event.type === 'turn-end' ? [event.cost_usd] : []))).toEqual([0.00003, 0.00003]);
    expect(events[3]).toMatchObject({ tool_use_id: 'a', name: 'count', is_error: false, content: { count: 1 } });
    expect(events.at(-1)).toEqual({
      type: 'done',
      conversation_id: 'conv_1',
      stop_reason: 'end_turn',
      usage: { inputTokens: 20, outputTokens: 10, cacheWriteTokens: 0, cacheReadTokens: 0 },
      cost_usd: 0.00006,
    });
    expectValid((await stored()).messages.slice(0, -1));
    expect((await stored()).openRun).toBeNull();
  });

  it('with half a character is sent without it, and the person learns of it, as of one in a tool result', async () => {
    const look = { ...counter(), execute: async () => ({ found: 'x\ud83d' }) };
    const process = world.process('p1', [says('Well.', calls('count', 'a')), says('Done.')], { tools: [look] });
    const events = await talk(process, 'Count \ud83d now.');
    expect(events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))).toEqual([
      expect.stringMatching(/^Your message held half a character .*U\+FFFD/),
      expect.stringMatching(/^The result of count held half a character/),
    ]);
    expect(JSON.stringify((await stored()).messages)).not.toMatch(/\\ud83d/);
    expect((await stored()).messages[0]).toEqual({ role: 'user', content: 'Count \ufffd now.' });
  });

  it('is stored, with its run, before the model is called', async () => {
    let seen: Awaited<ReturnType<typeof stored>> | undefined;
    const look: Answer = async (request, options) => {
      seen = await stored();
      return says('Hello.')(request, options);
    };
    await talk(world.process('p1', [look]), 'Hi.');
    expect(seen).toMatchObject({ messages: [{ role: 'user', content: 'Hi.' }], openRun: 'conv_1:0 p1' });
  });

  it('shows as being answered until its answer is stored, then with what all answers have cost', async () => {
    const states: unknown[] = [];
    const look: Answer = async (request, options) => {
      const { answering, cost_usd } = await first.conversations.read('conv_1');
      const elsewhere = await second.conversations.read('conv_1');
      states.push([answering, elsewhere.answering, cost_usd]);
      return says('Hello.')(request, options);
    };
    const first = world.process('p1', [look, look]);
    const second = world.process('p2', [], { alive: ['p1'] });
    await talk(first, 'Hi.');
    await talk(first, 'Again.', { conversationId: 'conv_1' });
    expect(states).toEqual([
      [true, true, 0],
      [true, true, 0.00003],
    ]);
    expect(await second.conversations.read('conv_1')).toMatchObject({ answering: false, cost_usd: 0.00006 });
  });

  it('goes on with a conversation in another process', async () => {
    await talk(world.process('p1', [says('Hello.')]), 'Hi.');
    const second = world.process('p2', [says('As I said.')]);
    const events = await talk(second, 'Again?', { conversationId: 'conv_1' });
    expect(events.at(-1)).toMatchObject({ type: 'done', conversation_id: 'conv_1' });
    expect(second.requests[0]?.messages).toEqual([
      { role: 'user', content: 'Hi.' },
      { role: 'assistant', content: [{ type: 'text', text: 'Hello.' }] },
      { role: 'user', content: 'Again?' },
    ]);
    const read = await second.conversations.read('conv_1');
    expect(read.messages).toHaveLength(4);
    expect(read.created_at).toMatch(/^\d{4}-.*Z$/);
  });

  it('goes on with the newest version where its own is gone, without what only that one could read', async () => {
    const thought = { type: 'opaque' as const, provider: 'test', value: { thinking: 'Hm.' } };
    await talk(world.process('p1', [says(thought, 'Hello.')]), 'Hi.');
    const same = world.process('p2', [says('Yes.')]);
    await talk(same, 'Same?', { conversationId: 'conv_1' });
    expect(same.requests[0]?.messages[1]?.content).toEqual([thought, { type: 'text', text: 'Hello.' }]);
    const upgraded = world.process('p3', [says('Yes.')], { version: 'v2' });
    const events = await talk(upgraded, 'Other?', { conversationId: 'conv_1' });
    expect(events[0]).toMatchObject({ type: 'conversation', agent: 'orchestrator@v2' });
    expect(upgraded.requests[0]?.messages[1]?.content).toEqual([{ type: 'text', text: 'Hello.' }]);
    expect((await stored()).messages[1]?.content).toContainEqual(thought);
  });

  it("is refused with one error event where it can't be sent", async () => {
    const process = world.process('p1', []);
    expect(await talk(process, ' \n')).toMatchObject([{ type: 'error', code: 'invalid_arguments' }]);
    const unknown = await talk(process, 'Hi.', { conversationId: 'conv_9' });
    expect(unknown).toMatchObject([{ type: 'error', code: 'conversation_not_found' }]);
    await expect(process.conversations.read('conv_9')).rejects.toMatchObject({ code: 'conversation_not_found' });
  });
});

describe('a message whose run fails', () => {
  it('is kept, and the next one joins it', async () => {
    const process = world.process('p1', [fails('model_key_refused'), says('Both.')]);
    const events = await talk(process, 'First.');
    expect(events.map((event) => event.type)).toEqual(['conversation', 'error']);
    expect(events[1]).toMatchObject({ code: 'model_key_refused', message: 'The key was refused.' });
    await talk(process, 'Second.', { conversationId: 'conv_1' });
    expect(process.requests[1]?.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'First.' },
          { type: 'text', text: 'Second.' },
        ],
      },
    ]);
    expect((await stored()).messages.map((message) => message.content)).toEqual([
      'First.',
      'Second.',
      [{ type: 'text', text: 'Both.' }],
    ]);
  });

  it('keeps the turns before the fault, and puts results before the next words', async () => {
    const answers = [says(calls('count', 'a')), fails('model_request_invalid'), says('Well.')];
    const process = world.process('p1', answers, { tools: [counter()] });
    await talk(process, 'Count.');
    await talk(process, 'And?', { conversationId: 'conv_1' });
    const messages = process.requests[2]?.messages ?? [];
    expectValid(messages);
    expect(messages.at(-1)?.content).toEqual([
      { type: 'tool_result', tool_use_id: 'a', content: '{"count":1}' },
      { type: 'text', text: 'And?' },
    ]);
    expect(messages.slice(0, 2)).toEqual(process.requests[1]?.messages.slice(0, 2));
  });
});

describe('two messages at once', () => {
  it('are refused in one process and across living processes', async () => {
    const hanging = hangs();
    const first = world.process('p1', [hanging]);
    const left = new AbortController();
    const talking = talk(first, 'Hi.', { signal: left.signal });
    await hanging.started;
    for (const process of [first, world.process('p2', [], { alive: ['p1'] })]) {
      const events = await talk(process, 'Me too.', { conversationId: 'conv_1' });
      expect(events).toMatchObject([{ type: 'error', code: 'conversation_busy' }]);
    }
    left.abort();
    expect((await talking).at(-1)).toMatchObject({ type: 'error', code: 'aborted' });
    expect((await stored()).messages).toEqual([{ role: 'user', content: 'Hi.' }]);
  });
});

describe('a client that goes away', () => {
  it('ends the run, which is stored, and the conversation can go on', async () => {
    const process = world.process('p1', [says('Wait.', calls('count', 'a')), hangs(), says('Hello again.')], {
      tools: [counter()],
    });
    const signal = new AbortController().signal;
    for await (const event of process.conversations.send({ message: 'Count.', signal })) {
      if (event.type === 'tool-call-end') break;
    }
    const conversation = await stored();
    expect(conversation.openRun).toBeNull();
    expect(conversation.messages.length).toBeGreaterThanOrEqual(1);
    const { requests } = process;
    const again = world.process('p1', [says('Hello again.')], { tools: [counter()] });
    expect((await talk(again, 'Still there?', { conversationId: 'conv_1' })).at(-1)).toMatchObject({ type: 'done' });
    expectValid(again.requests[0]?.messages ?? []);
    expect(requests.length).toBeLessThanOrEqual(2);
  });
});

describe('a process that died', () => {
  it('has its run finished from the journal: nothing answered is asked for or executed again', async () => {
    const tool = counter();
    const hanging = hangs();
    const dead = world.process('p1', [says('Counting.', calls('count', 'a')), hanging], { tools: [tool] });
    void talk(dead, 'Count.');
    await hanging.started;

    const next = world.process('p2', [says('It is one.'), says('You are welcome.')], { tools: [tool] });
    const events = await talk(next, 'Thanks.', { conversationId: 'conv_1' });
    expect(tool.calls).toBe(1);
    expect(next.requests).toHaveLength(2);
    expect(next.requests[0]?.messages).toEqual(dead.requests[1]?.messages);
    expect(events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : []))).toEqual([
      'Counting.',
      'It is one.',
      'You are welcome.',
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'done', usage: { inputTokens: 30 }, cost_usd: 0.00009 });
    const { messages, openRun } = await stored();
    expect(openRun).toBeNull();
    expectValid(messages.slice(0, -1));
    expect(messages).toHaveLength(6);
  });

  it('has its message answered together with the next one, when nothing was answered yet', async () => {
    const hanging = hangs();
    void talk(world.process('p1', [hanging]), 'First.');
    await hanging.started;
    const next = world.process('p2', [says('Both.')]);
    await talk(next, 'Second.', { conversationId: 'conv_1' });
    expect(next.requests).toHaveLength(1);
    expect(next.requests[0]?.messages).toHaveLength(1);
    expect((await stored()).messages).toHaveLength(3);
  });

  it('does not have a call repeated whose outcome is unknown, and the model is told', async () => {
    const asked = Promise.withResolvers<void>();
    const tool: Tool = {
      ...counter(false),
      execute: () => {
        asked.resolve();
        return new Promise(() => undefined);
      },
    };
    void talk(world.process('p1', [says(calls('count', 'a'))], { tools: [tool] }), 'Count.');
    await asked.promise;
    const second = counter(false);
    const next = world.process('p2', [says('I do not know.')], { tools: [second] });
    const events = await talk(next, 'And?', { conversationId: 'conv_1' });
    expect(second.calls).toBe(0);
    expect(events.at(-1)).toMatchObject({ type: 'done' });
    const { messages } = await stored();
    const lastRequest = next.requests.at(-1)?.messages ?? [];
    expectValid(lastRequest);
    expect(lastRequest.at(-1)?.content).toEqual([
      { type: 'tool_result', tool_use_id: 'a', content: expect.stringContaining('not finished'), is_error: true },
      { type: 'text', text: 'And?' },
    ]);
    expect(messages.at(-1)).toEqual({ role: 'assistant', content: [{ type: 'text', text: 'I do not know.' }] });
  });
});

describe('a conversation belongs to the key that began it', () => {
  const idOf = (events: Awaited<ReturnType<typeof talk>>) =>
    events.flatMap((event) => (event.type === 'conversation' ? [event.conversation_id] : []))[0] ?? '';

  it('and another key can neither read nor continue it, nor learn that it exists', async () => {
    const process = world.process('p1', [says('Hello.'), says('Again.')]);
    const id = idOf(await talk(process, 'Hi.', { speaker: 'key_1' }));
    const events = await talk(process, 'Tell me all.', { conversationId: id, speaker: 'key_2' });
    expect(events).toMatchObject([{ type: 'error', code: 'conversation_not_found' }]);
    await expect(process.conversations.read(id, 'key_2')).rejects.toMatchObject({ code: 'conversation_not_found' });
    expect((await process.conversations.read(id, 'key_1')).messages).toHaveLength(2);
    expect((await talk(process, 'More.', { conversationId: id, speaker: 'key_1' })).at(-1)?.type).toBe('done');
    expect(process.requests).toHaveLength(2);
  });

  it('the person at the machine has all of them, and a key has none of theirs', async () => {
    const process = world.process('p1', [says('Hello.'), says('Hello.')]);
    const local = idOf(await talk(process, 'Hi.'));
    const keyed = idOf(await talk(process, 'Hi.', { speaker: 'key_1' }));
    expect((await process.conversations.read(keyed)).id).toBe(keyed);
    await expect(process.conversations.read(local, 'key_1')).rejects.toMatchObject({ code: 'conversation_not_found' });
  });

  it('one from before owners were recorded stays open to every key', async () => {
    const old = { id: 'conv_old', agent: 'orchestrator@v1', createdAt: 1, updatedAt: 1, messages: [], openRun: null };
    await world.store.insertConversation({ ...old, speaker: null });
    const process = world.process('p1', [says('Hello.')]);
    expect((await process.conversations.read('conv_old', 'key_1')).id).toBe('conv_old');
  });
});
