import { describe, expect, it } from 'vitest';
import type { AssistantBlock, Message, ModelResponse } from '../../../src/protocol/messages.ts';
import { NO_USAGE } from '../../../src/protocol/messages.ts';
import { inSentForm, withAnswerCall } from '../../../src/providers/shared/answer-format.ts';
import { nativeRequest } from '../../contracts/native-answers.ts';

const NAME = 'return_structured_data';
const text = (words: string): AssistantBlock => ({ type: 'text', text: words });
const thought: AssistantBlock = { type: 'opaque', provider: 'anthropic', value: { type: 'thinking' } };
const said = (content: AssistantBlock[], stopReason: ModelResponse['stopReason'] = 'end_turn'): ModelResponse => ({
  content,
  stopReason,
  usage: NO_USAGE,
  model: 'm',
});
const read = (...content: AssistantBlock[]) => withAnswerCall(said(content), NAME).content;
const call = (input: object): AssistantBlock => ({ type: 'tool_use', id: '', name: NAME, input });
const takesAll = () => true;

describe('the text of an answer that was asked for as a format', () => {
  it('is a call: the last text alone, or all texts together', () => {
    expect(read(text('{"a": 1}'))).toEqual([call({ a: 1 })]);
    expect(read(text('I look.'), text('{"a": 1}'))).toEqual([text('I look.'), call({ a: 1 })]);
    expect(read(text('{"a": '), text('1}'))).toEqual([call({ a: 1 })]);
  });

  it.each([
    ['is not JSON', 'No idea.'],
    ['is no object', '[1]'],
    ['is broken', '{"a": 1'],
    ['has a key twice', '{"a": 1, "a": 2}'],
  ])('stays text where it %s', (_what, words) => {
    expect(read(text(words))).toEqual([text(words)]);
  });

  it('stays text where the answer was cut off, refused, or is not over', () => {
    for (const stopReason of ['max_tokens', 'refusal', 'pause_turn', 'model_context_window_exceeded'] as const) {
      expect(withAnswerCall(said([text('{"a": 1}')], stopReason), NAME).content).toEqual([text('{"a": 1}')]);
    }
  });

  it('stays text beside a call, and where no format was sent', () => {
    const look: AssistantBlock = { type: 'tool_use', id: 'x', name: 'look', input: {} };
    expect(read(text('{"a": 1}'), look)).toEqual([text('{"a": 1}'), look]);
    expect(withAnswerCall(said([text('{"a": 1}')]), undefined).content).toEqual([text('{"a": 1}')]);
  });

  it('goes back to the letter after thoughts, which are bound to it', () => {
    const words = '{ "name": "x",\n "size": 1.0 }';
    const content = read(thought, text(words)).map((block) =>
      block.type === 'tool_use' ? { ...block, id: 'made' } : block,
    );
    const messages: Message[] = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'made', content: 'No.', is_error: true }] },
    ];
    const sent = inSentForm(nativeRequest('m', { messages }), takesAll);
    expect(sent.messages[1]).toEqual({ role: 'assistant', content: [thought, text(words)] });
    expect(sent.messages[2]).toEqual({ role: 'user', content: [{ type: 'text', text: 'No.' }] });
  });
});

describe('the form in which a request is sent', () => {
  it('has the same list of other tools each time, so that what is made of it is kept', () => {
    const request = nativeRequest('m');
    expect(inSentForm(request, takesAll).tools).toBe(inSentForm({ ...request }, takesAll).tools);
  });

  it('is the request itself where the answer has only one form', () => {
    const { answer: _answer, ...request } = nativeRequest('m');
    expect(inSentForm(request, takesAll)).toBe(request);
  });
});
