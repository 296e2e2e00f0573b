import { describe, expect, it } from 'vitest';
import { closedRun, requestMessages } from '../../../src/agent/conversation/conversation-transcript.ts';
import type { Message } from '../../../src/protocol/messages.ts';

const call = (id: string) => ({ type: 'tool_use' as const, id, name: 'look', input: {} });
const result = (id: string) => ({ type: 'tool_result' as const, tool_use_id: id, content: 'seen' });
const interrupted = (id: string) => ({
  type: 'tool_result',
  tool_use_id: id,
  content: expect.stringContaining('interrupted'),
  is_error: true,
});

describe('closedRun', () => {
  it('leaves a whole run as it is', () => {
    const run: Message[] = [
      { role: 'assistant', content: [call('a'), call('b')] },
      { role: 'user', content: [result('a'), result('b')] },
      { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] },
    ];
    expect(closedRun(run)).toEqual(run);
  });

  it('gives a last call without a result one that says so', () => {
    const run: Message[] = [{ role: 'assistant', content: [call('a'), call('b')] }];
    expect(closedRun(run)).toEqual([...run, { role: 'user', content: [interrupted('a'), interrupted('b')] }]);
  });

  it('completes results of which some are missing', () => {
    const run: Message[] = [
      { role: 'assistant', content: [call('a'), call('b')] },
      { role: 'user', content: [result('b')] },
    ];
    expect(closedRun(run)[1]).toEqual({ role: 'user', content: [interrupted('a'), result('b')] });
  });

  it('drops messages without content', () => {
    expect(closedRun([{ role: 'assistant', content: [] }])).toEqual([]);
  });
});

describe('requestMessages', () => {
  it('joins user messages that follow one another, blocks in order', () => {
    const messages: Message[] = [
      { role: 'user', content: 'One.' },
      { role: 'assistant', content: [call('a')] },
      { role: 'user', content: [result('a')] },
      { role: 'user', content: 'Two.' },
      { role: 'user', content: 'Three.' },
    ];
    const copy = structuredClone(messages);
    expect(requestMessages(messages)).toEqual([
      ...messages.slice(0, 2),
      { role: 'user', content: [result('a'), { type: 'text', text: 'Two.' }, { type: 'text', text: 'Three.' }] },
    ]);
    expect(messages).toEqual(copy);
  });
});
