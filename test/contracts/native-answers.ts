import { describe, expect, it } from 'vitest';
import { ExactNumber } from '../../src/base/json/exact-number.ts';
import type { AssistantBlock, Message, ModelRequest, ModelResponse } from '../../src/protocol/messages.ts';
import { ANSWER_TOOL, type WireAnswer, type WireRequest } from '../support/messages-wire.ts';
import { createAsking, type ProviderBench, WAYS, wordsOf } from './provider.ts';

const INSTRUCTION = 'Answer by the tool.';
const FACTS = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 2 },
    size: { type: 'integer' },
    note: { type: 'string', description: 'Only if there is one.' },
  },
  required: ['name', 'size'],
};
const DATA = { name: 'a "quoted" – value', size: new ExactNumber('1234567890123456789') };
/** The names of the format in all wire formats. */
const REFUSED = 'response_format, text.format, output_config, outputConfig, response_mime_type: not permitted';

/** A request of an agent whose answer may be given in the provider's own structured form. */
export function nativeRequest(model: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model,
    system: 'Be brief.',
    messages: [{ role: 'user', content: 'Hello' }],
    tools: [{ name: ANSWER_TOOL, description: 'Gives the answer.', inputSchema: FACTS }],
    maxTokens: 100,
    answer: { tool: ANSWER_TOOL, instruction: INSTRUCTION },
    ...more,
  };
}

const saying = (text: string): WireAnswer => ({ content: [{ type: 'text', text }] });
const calling: WireAnswer = { content: [{ type: 'tool_use', id: 'call_1', name: ANSWER_TOOL, input: DATA }] };

/** What the answer was asked for as. */
function askedAs({ tools, output_config: output, system }: WireRequest): string {
  const isTold = JSON.stringify(system).includes(INSTRUCTION);
  const names = (tools ?? []).map(({ name }) => name).join(' ');
  return [output?.format === undefined ? 'no format' : 'format', names || 'no tools', isTold ? 'told' : 'untold'].join(
    ', ',
  );
}
const AS_FORMAT = 'format, no tools, untold';
const AS_TOOL = `no format, ${ANSWER_TOOL}, told`;

/** The contract of answers in a provider's own structured form. */
export function testNativeAnswers(name: string, bench: ProviderBench): void {
  const { open } = createAsking(bench);
  const model = bench.formatModel ?? bench.model;
  const signal = new AbortController().signal;
  const callOf = ({ content }: ModelResponse) => content.find((block) => block.type === 'tool_use');

  it(`${name} reads for a count what it sends for an answer in its own form`, async () => {
    const { provider, server } = await open(saying(JSON.stringify({ name: 'ab', size: 1 })));
    const request = nativeRequest(model);
    await provider.respond(request, { signal });
    const read = wordsOf(provider.reads?.(request));
    expect(read).toEqual(wordsOf(server.requests[0]?.body).filter((text) => text !== model));
    expect(read.join()).toContain('Only if there is one.');
  });

  describe.each(WAYS)(`an answer of ${name} in its own structured form, %s`, (_way, way) => {
    it('is asked for as the format of the text alone, and comes as a call', async () => {
      const asked: WireRequest[] = [];
      const { provider } = await open((request) => {
        asked.push(request);
        return calling;
      });
      const response = await provider.respond(nativeRequest(model), { signal, ...way() });
      expect(asked.map(askedAs)).toEqual([AS_FORMAT]);
      expect(asked[0]?.output_config?.format?.schema).toMatchObject({
        type: 'object',
        properties: { name: { type: 'string' }, size: { type: 'integer' }, note: { type: 'string' } },
        additionalProperties: false,
      });
      expect(response.stopReason).toBe('tool_use');
      expect(response.content.filter(({ type }) => type !== 'opaque')).toEqual([
        { type: 'tool_use', id: '', name: ANSWER_TOOL, input: DATA },
      ]);
    });

    it('is repaired in words: earlier answers and what was said about them are text', async () => {
      const { provider } = await open((request) => {
        const [, given, told] = request.messages;
        if (given === undefined) return saying('{ "name": "x",\n "size": 1 }');
        return saying(JSON.stringify({ name: JSON.stringify([given.content, told?.content]), size: 2 }));
      });
      const first = await provider.respond(nativeRequest(model), { signal, ...way() });
      const content = first.content.map(
        (block): AssistantBlock => (block.type === 'tool_use' ? { ...block, id: 'made' } : block),
      );
      const messages: Message[] = [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'made', content: 'Too short.', is_error: true }],
        },
      ];
      const second = await provider.respond(nativeRequest(model, { messages }), { signal, ...way() });
      const seen = JSON.stringify(callOf(second)?.input);
      expect(seen).toContain('Too short.');
      expect(seen).toContain('size');
      expect(seen).not.toMatch(/tool_use|tool_result/);
    });

    it('is a call of a tool once the format was refused, which is not counted as a fault of the request', async () => {
      const asked: string[] = [];
      const { provider } = await open((request) => {
        asked.push(askedAs(request));
        return request.output_config === undefined ? calling : { fault: 'refused', kind: 'invalid', message: REFUSED };
      });
      const request = nativeRequest(model);
      const refusal = provider.respond(request, { signal, ...way() });
      await expect(refusal).rejects.toMatchObject({
        code: 'model_request_invalid',
        retryable: true,
        outcomeUnknown: false,
      });
      const response = await provider.respond(request, { signal, ...way() });
      await provider.respond(request, { signal, ...way() });
      expect(asked).toEqual([AS_FORMAT, AS_TOOL, AS_TOOL]);
      expect(callOf(response)?.input).toEqual(DATA);
    });

    it('that a limit cut off, and a refusal, stay what they are', async () => {
      const answers: WireAnswer[] = [
        { ...saying('{"name": "half'), stop_reason: 'max_tokens' },
        { content: [], stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: 'No.' } },
      ];
      const { provider } = await open(() => answers.shift() ?? calling);
      const cut = await provider.respond(nativeRequest(model), { signal, ...way() });
      expect(cut).toMatchObject({ stopReason: 'max_tokens', content: [{ type: 'text', text: '{"name": "half' }] });
      expect(await provider.respond(nativeRequest(model), { signal, ...way() })).toMatchObject({
        stopReason: 'refusal',
      });
    });
  });

  describe(`what ${name} can't give in its own structured form`, () => {
    it('is asked for as a call: a schema that can not be lowered', async () => {
      const asked: string[] = [];
      const { provider } = await open((request) => {
        asked.push(askedAs(request));
        return calling;
      });
      const map = { type: 'object', properties: { counts: { type: 'object' } } };
      const tools = [{ name: ANSWER_TOOL, description: 'Gives the answer.', inputSchema: map }];
      await provider.respond(nativeRequest(model, { tools }), { signal });
      expect(asked).toEqual([AS_TOOL]);
    });

    it('is asked for as a call: the rest of a run that called a tool which there never was', async () => {
      const asked: string[] = [];
      const { provider } = await open((request) => {
        asked.push(askedAs(request));
        return calling;
      });
      const messages: Message[] = [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'call_0', name: 'guess', input: {} }] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'call_0', content: 'There is no such tool.', is_error: true }],
        },
      ];
      await provider.respond(nativeRequest(model, { messages }), { signal });
      expect(asked).toEqual([AS_TOOL]);
    });
  });
}
