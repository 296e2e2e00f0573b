import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { ExactNumber } from '../../src/base/json/exact-number.ts';
import type { ModelRequest, ModelResponse } from '../../src/protocol/messages.ts';
import type { Provider, RespondOptions } from '../../src/providers/provider.ts';
import type { WireAnswer } from '../support/messages-wire.ts';
import {
  type RefusalKind,
  startWireServer,
  type WireFault,
  type WireFormat,
  type WireServer,
  type WireServerOptions,
} from '../support/providers/wire-server.ts';

/** One implementation of the contract, with the server that it is tested against. */
export interface ProviderBench {
  format: WireFormat;
  model: string;
  create(url: string): Provider;
  /** A model that gives answers in the provider's own structured form. Default: `model`. */
  formatModel?: string;
  /** Calls have no ids on the wire. */
  lacksCallIds?: boolean;
  /** The error format does not distinguish a spend limit from other limits. */
  lacksSpendLimit?: boolean;
  /** The wire format has no count of tokens written to the cache. */
  lacksCacheWrites?: boolean;
}

export const HELLO: WireAnswer = { content: [{ type: 'text', text: 'Good day to you, whoever you are.' }] };

const SEARCH = {
  type: 'object',
  properties: { q: { type: 'string' }, deep: { type: 'object' } },
  required: ['q'],
} as const;

/** A request of one message, with two tools. */
export function requestOf(model: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model,
    system: 'Be brief.',
    messages: [{ role: 'user', content: 'Hello' }],
    tools: [
      { name: 'look', description: 'Looks.', inputSchema: SEARCH },
      { name: 'tell', description: 'Tells.', inputSchema: { type: 'object', properties: { it: { type: 'string' } } } },
    ],
    maxTokens: 100,
    ...more,
  };
}

/** Both ways of calling: as a whole, and streamed. */
export const WAYS: [string, () => Pick<RespondOptions, 'onText'>][] = [
  ['whole', () => ({})],
  ['streamed', () => ({ onText: () => undefined })],
];

export type Respond = WireAnswer | WireFault | WireServerOptions['respond'];

export interface AskOptions extends Partial<RespondOptions> {
  request?: Partial<ModelRequest>;
  headers?: Record<string, string>;
}

/** A provider with a server of its own for each test. */
export function createAsking(bench: ProviderBench) {
  let server: WireServer | undefined;
  let provider: Provider | undefined;
  const close = async () => {
    await provider?.close();
    await server?.close();
    provider = undefined;
    server = undefined;
  };
  afterEach(close);
  const open = async (answer: Respond, headers?: Record<string, string>) => {
    await close();
    const respond = typeof answer === 'function' ? answer : () => answer;
    server = await startWireServer({ format: bench.format, respond, ...(headers === undefined ? {} : { headers }) });
    provider = bench.create(server.url);
    return { server, provider };
  };
  const ask = async (answer: Respond, options: AskOptions = {}): Promise<ModelResponse> => {
    const { request, headers, ...respondOptions } = options;
    const opened = await open(answer, headers);
    const signal = new AbortController().signal;
    return opened.provider.respond(requestOf(bench.model, request), { signal, ...respondOptions });
  };
  const faultOf = async (answer: Respond, options: AskOptions = {}): Promise<AppError> => {
    const thrown = await ask(answer, options).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(thrown instanceof AppError)) throw new Error('it did not fail with an AppError', { cause: thrown });
    return thrown;
  };
  return { open, ask, faultOf, requests: () => server?.requests ?? [] };
}

/** The contract of a provider, independent of its wire format. */
export function testProvider(name: string, bench: ProviderBench): void {
  const asking = createAsking(bench);
  describe.each(WAYS)(`${name}, %s`, (_way, way) => {
    testAnswers(bench, asking, way);
    testFaults(bench, asking, way);
  });
  describe(`${name}, streamed`, () => {
    it('hands its text over in pieces', async () => {
      const pieces: string[] = [];
      await asking.ask(HELLO, { onText: (piece) => pieces.push(piece) });
      expect(pieces.length).toBeGreaterThan(1);
      expect(pieces.join('')).toBe('Good day to you, whoever you are.');
    });
  });
  it(`${name} reads for a count what it sends`, async () => {
    const { provider, server } = await asking.open(HELLO);
    const request = requestOf(bench.model);
    await provider.respond(request, { signal: new AbortController().signal });
    const read = wordsOf(provider.reads?.(request));
    expect(read).toEqual(wordsOf(server.requests[0]?.body).filter((text) => text !== bench.model));
    expect(read).toEqual(expect.arrayContaining(['Be brief.', 'Hello', 'Looks.', 'look']));
  });
  testLife(name, bench, asking);
}

/** The texts of a value in which there are words: neither settings nor marks. */
export function wordsOf(value: unknown): string[] {
  if (typeof value === 'string') return /[ .]|^(Hello|look|tell)$/.test(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(wordsOf).toSorted();
}

type Asking = ReturnType<typeof createAsking>;
type Way = () => Pick<RespondOptions, 'onText'>;

function testAnswers(bench: ProviderBench, { ask, open, requests }: Asking, way: Way): void {
  it('answers with text, and tells its usage', async () => {
    const usage = {
      input_tokens: 70,
      output_tokens: 9,
      cache_read_input_tokens: 50,
      cache_creation_input_tokens: bench.lacksCacheWrites ? 0 : 30,
    };
    const response = await ask({ ...HELLO, usage }, way());
    expect(response).toMatchObject({
      content: [{ type: 'text', text: 'Good day to you, whoever you are.' }],
      stopReason: 'end_turn',
      model: bench.model,
      usage: {
        inputTokens: 70,
        outputTokens: 9,
        cacheReadTokens: 50,
        cacheWriteTokens: bench.lacksCacheWrites ? 0 : 30,
      },
    });
  });

  it('calls tools, several at once, and takes their results in the same order', async () => {
    const calls = [
      { type: 'tool_use', id: 'call_1', name: 'look', input: { q: 'a "quoted" – value', deep: { n: [1, null] } } },
      { type: 'tool_use', id: 'call_2', name: 'tell', input: {} },
    ];
    const { provider } = await open(({ messages }) => (messages.length > 1 ? HELLO : { content: calls }));
    const signal = new AbortController().signal;
    const request = requestOf(bench.model);
    const first = await provider.respond(request, { signal, ...way() });
    expect(first.stopReason).toBe('tool_use');
    const found = first.content.filter((block) => block.type === 'tool_use');
    expect(found.map(({ name, input }) => ({ name, input }))).toEqual(
      calls.map(({ name, input }) => ({ name, input })),
    );
    expect(found.map(({ id }) => id)).toEqual(bench.lacksCallIds ? ['', ''] : ['call_1', 'call_2']);
    const content = first.content.map((block, index) =>
      block.type === 'tool_use' ? { ...block, id: block.id || `made_${index}` } : block,
    );
    const ids = content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    const second = await provider.respond(
      {
        ...request,
        messages: [
          ...request.messages,
          { role: 'assistant', content },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: ids[0] ?? '', content: 'seen' },
              { type: 'tool_result', tool_use_id: ids[1] ?? '', content: 'it broke', is_error: true },
            ],
          },
        ],
      },
      { signal, ...way() },
    );
    expect(second.stopReason).toBe('end_turn');
    const sent = bench.format.read(requests()[1]?.path ?? '', requests()[1]?.body ?? {});
    expect(sent?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(sent?.messages[1]?.content).toMatchObject(
      calls.map(({ type, name: tool, input }) => ({ type, name: tool, input })),
    );
    expect(sent?.messages[2]?.content).toMatchObject([
      { type: 'tool_result', content: 'seen' },
      { type: 'tool_result', content: expect.stringContaining('it broke') },
    ]);
    if (bench.lacksCallIds) return;
    expect(sent?.messages[2]?.content).toMatchObject([{ tool_use_id: 'call_1' }, { tool_use_id: 'call_2' }]);
  });

  it("keeps every digit of a call's numbers, in the answer and when it is sent back", async () => {
    const id = new ExactNumber('1234567890123456789');
    const call = { type: 'tool_use', id: 'call_1', name: 'look', input: { q: 'x', deep: { id, all: [id, 7] } } };
    const { provider } = await open(({ messages }) => (messages.length > 1 ? HELLO : { content: [call] }));
    const signal = new AbortController().signal;
    const request = requestOf(bench.model);
    const first = await provider.respond(request, { signal });
    const [found] = first.content.filter((block) => block.type === 'tool_use');
    expect(found?.input).toEqual(call.input);
    const content = first.content.map((block) => (block.type === 'tool_use' ? { ...block, id: 'made' } : block));
    const result = { type: 'tool_result' as const, tool_use_id: 'made', content: '{"id":1234567890123456789}' };
    const messages = [
      ...request.messages,
      { role: 'assistant' as const, content },
      { role: 'user' as const, content: [result] },
    ];
    await provider.respond({ ...request, messages }, { signal });
    const sent = bench.format.read(requests()[1]?.path ?? '', requests()[1]?.body ?? {});
    expect(sent?.messages[1]?.content).toMatchObject([{ type: 'tool_use', name: 'look', input: call.input }]);
  });

  it('sends the system prompt, the limit of tokens, and the tools with their schemas', async () => {
    await ask(HELLO, way());
    const sent = bench.format.read(requests()[0]?.path ?? '', requests()[0]?.body ?? {});
    expect(sent).toMatchObject({ model: bench.model, max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] });
    expect(JSON.stringify(sent?.system)).toContain('Be brief.');
    expect(sent?.tools).toMatchObject([
      { name: 'look', input_schema: { type: 'object', properties: { q: { type: 'string' } } } },
      { name: 'tell' },
    ]);
    expect(JSON.stringify(requests()[0]?.body)).not.toMatch(/temperature|top_?p/i);
  });

  it('is stopped by max_tokens, in the middle of a call too', async () => {
    expect((await ask({ ...HELLO, stop_reason: 'max_tokens' }, way())).stopReason).toBe('max_tokens');
    const cut = { type: 'tool_use', id: 'call_1', name: 'look', input: {}, partial_json: '{"q": "half of' };
    const response = await ask({ content: [cut], stop_reason: 'max_tokens' }, way());
    expect(response).toMatchObject({
      stopReason: 'max_tokens',
      content: [{ type: 'tool_use', name: 'look', input: {} }],
    });
  });

  it('refuses, and says why', async () => {
    const details = { type: 'refusal', category: null, explanation: 'I will not help with this.' };
    const response = await ask({ content: [], stop_reason: 'refusal', stop_details: details }, way());
    expect(response.stopReason).toBe('refusal');
    expect(response.stopDetails).toBeTruthy();
  });
}

function testFaults(bench: ProviderBench, { ask, faultOf, requests }: Asking, way: Way): void {
  it.each<[RefusalKind, object]>([
    ['invalid', { code: 'model_request_invalid', retryable: false, outcomeUnknown: false }],
    ['too-long', { code: 'context_too_long', retryable: false }],
    ['key', { code: 'model_key_refused', retryable: false }],
    ['permission', { code: 'model_permission_denied', retryable: false }],
    ['model', { code: 'model_unknown', retryable: false }],
    ['rate', { code: 'model_rate_limited', retryable: true, outcomeUnknown: false }],
    ['spend', { code: 'model_spend_limit', retryable: false }],
    ['server', { code: 'model_server_error', retryable: true, outcomeUnknown: false }],
    ['overloaded', { code: 'model_overloaded', retryable: true, outcomeUnknown: false }],
    ['timeout', { code: 'model_timeout', retryable: true, outcomeUnknown: true }],
  ])('tells the refusal "%s", after one request', async (kind, expected) => {
    if (kind === 'spend' && bench.lacksSpendLimit) return;
    const message = kind === 'too-long' ? 'prompt is too long: 210000 tokens > 200000 maximum' : 'the reason';
    const fault = await faultOf({ fault: 'refused', kind, message }, way());
    expect(fault).toMatchObject({ ...expected, message: expect.stringContaining(message) });
    expect(requests()).toHaveLength(1);
  });

  it('hands over how long a refusal asks to wait', async () => {
    const headers = { 'retry-after': '7' };
    expect((await faultOf({ fault: 'refused', kind: 'rate', headers }, way())).retryAfterMs).toBe(7000);
  });

  it.each<[string, WireFault, string]>([
    ['reset before the answer', { fault: 'reset' }, 'model_unreachable'],
    ['reset in the answer', { fault: 'reset-body' }, 'model_unreachable'],
    ['cut short', { fault: 'cut' }, 'model_response_invalid'],
    ['of another shape', { fault: 'status', status: 200, body: '{"hello": 1}' }, 'model_response_invalid'],
    [
      'a page of a proxy',
      { fault: 'status', status: 200, body: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } },
      'model_response_invalid',
    ],
  ])('fails when the answer is %s, its outcome unknown', async (_name, given, code) => {
    const fault = await faultOf(given, way());
    expect(fault).toMatchObject({ code, retryable: true, outcomeUnknown: true });
    expect(requests()).toHaveLength(1);
  });

  it.each<[string, WireFault]>([
    ['does not come', { fault: 'hang' }],
    ['stops half way', { fault: 'hang-body' }],
  ])('ends at the deadline when the answer %s', async (_name, given) => {
    const fault = await faultOf(given, { ...way(), timeoutMs: 300 });
    expect(fault).toMatchObject({ code: 'model_timeout', retryable: true, outcomeUnknown: true });
    expect(fault.message).toContain('0.3 s');
  });

  it('is aborted by the caller, which is no timeout', async () => {
    const controller = new AbortController();
    const respond = (): WireFault => {
      controller.abort();
      return { fault: 'hang' };
    };
    const fault = await faultOf(respond, { ...way(), signal: controller.signal });
    expect(fault).toMatchObject({ code: 'aborted', outcomeUnknown: true });
  });

  it('sends nothing for a call that is cancelled already', async () => {
    await expect(ask(HELLO, { ...way(), signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
      outcomeUnknown: false,
    });
    expect(requests()).toEqual([]);
  });
}

function testLife(name: string, bench: ProviderBench, { open }: Asking): void {
  describe(`${name}, its connections`, () => {
    it('say that nothing was sent when they are refused', async () => {
      const { server, provider } = await open(HELLO);
      await server.close();
      const options = { signal: new AbortController().signal };
      await expect(provider.respond(requestOf(bench.model), options)).rejects.toMatchObject({
        code: 'model_unreachable',
        retryable: true,
        outcomeUnknown: false,
        message: expect.stringContaining('ECONNREFUSED'),
      });
    });

    it('are let go when it is closed, so that a process can end', async () => {
      const { provider } = await open(HELLO);
      await provider.respond(requestOf(bench.model), { signal: new AbortController().signal });
      await provider.close();
      await provider.close();
    });

    it('bear a hundred calls at once', async () => {
      const { provider, server } = await open((request) => ({
        content: [{ type: 'text', text: JSON.stringify(request.messages[0]?.content) }],
      }));
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, row) =>
          provider.respond(requestOf(bench.model, { messages: [{ role: 'user', content: `row ${row}` }] }), {
            signal: new AbortController().signal,
          }),
        ),
      );
      const texts = answers.map(({ content }) => (content[0]?.type === 'text' ? content[0].text : ''));
      expect(texts.every((text, row) => text.includes(`row ${row}`))).toBe(true);
      expect(server.requests).toHaveLength(100);
    });
  });
}
