import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClientMessage } from '../../../src/agent/conversation/client-history.ts';
import { createHistories, type HistoryEvent } from '../../../src/agent/conversation/histories.ts';
import type { Tool } from '../../../src/agent/tool.ts';
import { AppError } from '../../../src/base/errors.ts';
import type { PersonMessage } from '../../../src/protocol/run.ts';
import { type Answer, calls, createWorld, hangs, type Process, says, talk } from './conversation-world.ts';

let world: Awaited<ReturnType<typeof createWorld>>;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

const user = (text: string): ClientMessage => ({ role: 'user', text });
const assistant = (text: string): ClientMessage => ({ role: 'assistant', text });

const fails: Answer = async () => {
  throw new AppError('model_key_refused', 'The key was refused.');
};

interface Options {
  user?: string;
  speaker?: string;
  signal?: AbortSignal;
}

/** Sends a history; resolves to the events, the conversation and the text of the answer. */
async function send({ conversations }: Process, messages: ClientMessage[], options: Options = {}) {
  const histories = createHistories({ store: world.store, conversations, local: 'local' });
  const { signal = new AbortController().signal, speaker, user: whom } = options;
  const events: HistoryEvent[] = [];
  for await (const event of histories.answer({ messages, user: whom, speaker, signal })) events.push(event);
  const id = events.flatMap((event) => (event.type === 'conversation' ? [event.conversation_id] : []))[0];
  return { events, id, text: events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : [])).join('') };
}

/** A tool that notes which message of the person it acts for. */
function witness(): Tool & { acted: (PersonMessage | undefined)[] } {
  const tool = {
    ...{ name: 'act', description: 'Acts.', inputSchema: { type: 'object' }, idempotent: true },
    acted: [] as (PersonMessage | undefined)[],
    async execute(_: unknown, { said }: { said?: PersonMessage }) {
      tool.acted.push(said);
      return { done: true };
    },
  };
  return tool;
}

describe('a history that a client sends', () => {
  it('continues the conversation of the answer that it ends with, with the results of tools', async () => {
    const process = world.process('p1', [says('I act.', calls('act', 'a1')), says('Done.'), says('Yes.')], {
      tools: [witness()],
    });
    const first = await send(process, [user('Act.')]);
    expect(first.text).toBe('I act.\n\n> [rowmill] act\n\nDone.');
    const second = await send(process, [user('Act.'), assistant(`${first.text}\n`), user('Well?')]);
    expect(second.id).toBe(first.id);
    expect(process.requests[2]?.messages).toHaveLength(5);
    expect(process.requests[2]?.messages[2]?.content).toMatchObject([{ type: 'tool_result' }]);
  });

  it('starts a new conversation from its texts, without notes, when it is not one of ours', async () => {
    const process = world.process('p1', [says('Yes.')]);
    const answer = await send(process, [
      { role: 'system', text: 'Be brief.' },
      assistant('How can I help?'),
      user('Look.'),
      assistant('> [rowmill] act\n\nI looked.'),
      user('Well?'),
    ]);
    expect(answer.id).toBe('conv_1');
    const [start, looked, last] = process.requests[0]?.messages ?? [];
    expect(start?.content).toMatchObject([{ text: expect.stringContaining('Be brief.') }, { text: 'Look.' }]);
    expect(looked).toEqual({ role: 'assistant', content: [{ type: 'text', text: 'I looked.' }] });
    expect(last).toEqual({ role: 'user', content: 'Well?' });
  });

  it('starts a new conversation where an earlier message was edited or answered again', async () => {
    const process = world.process('p1', [says('One.'), says('Two.'), says('Three.')]);
    const first = await send(process, [user('Hi.')]);
    const second = await send(process, [user('Hi.'), assistant('One.'), user('And?')]);
    const again = await send(process, [user('Hi.'), assistant('One.'), user('And what?')]);
    expect([first.id, second.id, again.id]).toEqual(['conv_1', 'conv_1', 'conv_2']);
  });

  it.each<[string, Options]>([
    ['another key', { speaker: 'key_b' }],
    ['another user of the client', { speaker: 'key_a', user: 'bob' }],
  ])('never continues a conversation of %s', async (_, other) => {
    const process = world.process('p1', [says('One.'), says('Two.')]);
    await send(process, [user('Hi.')], { speaker: 'key_a', user: 'ann' });
    const { id } = await send(process, [user('Hi.'), assistant('One.'), user('And?')], { user: 'ann', ...other });
    expect(id).toBe('conv_2');
  });

  it('is no longer that of a conversation that was continued by its id', async () => {
    const process = world.process('p1', [says('One.'), says('Two.'), says('Three.')]);
    await send(process, [user('Hi.')]);
    await talk(process, 'By id.', { conversationId: 'conv_1' });
    const { id } = await send(process, [user('Hi.'), assistant('One.'), user('And?')]);
    expect(id).toBe('conv_2');
  });

  it('goes to one of two requests that send it concurrently', async () => {
    const process = world.process('p1', [says('One.'), says('Two.'), says('Three.')]);
    await send(process, [user('Hi.')]);
    const both = [1, 2].map((which) => send(process, [user('Hi.'), assistant('One.'), user(`Number ${which}`)]));
    const ids = (await Promise.all(both)).map(({ id }) => id);
    expect(ids.toSorted()).toEqual(['conv_1', 'conv_2']);
  });
});

describe('a request that is repeated because it got no answer', () => {
  it('continues its conversation after a failure', async () => {
    const process = world.process('p1', [says('One.'), fails, says('Two.')]);
    await send(process, [user('Hi.')]);
    const history = [user('Hi.'), assistant('One.'), user('And?')];
    const failed = await send(process, history);
    expect(failed.events.at(-1)).toMatchObject({ type: 'error', code: 'model_key_refused' });
    expect((await send(process, history)).id).toBe('conv_1');
  });

  it('continues after a failure with the next message, where the client leaves the answer empty', async () => {
    const process = world.process('p1', [fails, says('Two.')]);
    await send(process, [user('Hi.')]);
    const next = await send(process, [user('Hi.'), assistant(''), user('Are you there?')]);
    expect(next.id).toBe('conv_1');
  });

  it('is no later message of the person: its tools act for the first one', async () => {
    const tool = witness();
    const answers = [
      says(calls('act', 'a1')),
      fails,
      says(calls('act', 'a2')),
      says('Done.'),
      says(calls('act', 'a3')),
      says('.'),
    ];
    const process = world.process('p1', answers, { tools: [tool] });
    await send(process, [user('Run it.')]);
    const { text } = await send(process, [user('Run it.')]);
    await send(process, [user('Run it.'), assistant(text), user('Run it.')]);
    const numbers = tool.acted.map((said) => said?.number);
    expect(new Set(tool.acted.map((said) => said?.conversation))).toEqual(new Set(['conv_1']));
    expect(numbers[1]).toBe(numbers[0]);
    expect(numbers[2]).toBeGreaterThan(numbers[0] ?? Number.NaN);
  });

  it('starts a new conversation while the first request is still being answered', async () => {
    const hanging = hangs();
    const process = world.process('p1', [says('One.'), hanging, says('Two.')]);
    await send(process, [user('Hi.')]);
    const history = [user('Hi.'), assistant('One.'), user('And?')];
    const left = new AbortController();
    const first = send(process, history, { signal: left.signal });
    await hanging.started;
    const second = await send(process, history);
    expect([second.id, second.events.at(-1)?.type]).toEqual(['conv_2', 'done']);
    left.abort();
    expect((await first).events.at(-1)).toMatchObject({ type: 'error' });
  });

  it('starts a new conversation when other messages have followed the failed one', async () => {
    const process = world.process('p1', [fails, says('One.'), says('Two.')]);
    await send(process, [user('Hi.')]);
    await talk(process, 'By id.', { conversationId: 'conv_1' });
    expect((await send(process, [user('Hi.')])).id).toBe('conv_2');
  });
});
