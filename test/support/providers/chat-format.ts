import { parseJson } from '../../../src/base/json/exact-number.ts';
import {
  asAsked,
  formatOf,
  type WireAnswer,
  type WireBlock,
  type WireRequest,
  type WireSchema,
} from '../messages-wire.ts';
import { isEmbeddings, readEmbeddings, writeEmbeddings } from './embeddings-format.ts';
import { openAiRefusal, withoutNulls } from './responses-format.ts';
import { inPieces, jsonBody, usageOf, type WireBody, type WireFormat } from './wire-server.ts';

type Fields = Record<string, unknown>;

/** Chat Completions, as OpenAI and the servers compatible with it speak it: `POST /v1/chat/completions`; and embeddings. */
export const chatFormat: WireFormat = {
  read(path, body) {
    if (path === '/v1/embeddings') return readEmbeddings(body);
    if (path !== '/v1/chat/completions') return undefined;
    const sent = body['messages'] as Fields[];
    const messages: WireRequest['messages'] = [];
    for (const message of sent) if (message['role'] !== 'system') append(messages, message);
    const system = sent.find(({ role }) => role === 'system')?.['content'];
    const tools = (body['tools'] as { function: Fields }[] | undefined)?.map(({ function: { name, parameters } }) => ({
      name: String(name),
      input_schema: withoutNulls(parameters as Fields),
    }));
    return {
      model: String(body['model']),
      max_tokens: Number(body['max_tokens']),
      messages,
      ...(tools === undefined ? {} : { tools }),
      ...(system === undefined ? {} : { system: String(system) }),
      ...formatOf(schemaOf(body)),
      stream: body['stream'] === true,
    };
  },
  write(answer, request, number) {
    if (isEmbeddings(request)) return writeEmbeddings(answer, request);
    const completion = toCompletion(asAsked(answer, request), request, number);
    return request.stream ? toStream(completion) : jsonBody(completion);
  },
  refuse: openAiRefusal,
};

function schemaOf(body: Fields): WireSchema | undefined {
  const format = body['response_format'] as { json_schema: { schema: WireSchema } } | undefined;
  return format === undefined ? undefined : withoutNulls(format.json_schema.schema);
}

function append(messages: WireRequest['messages'], message: Fields): void {
  if (message['role'] === 'tool') {
    const block = { type: 'tool_result', tool_use_id: message['tool_call_id'], content: message['content'] };
    const last = messages.at(-1);
    if (last?.role === 'user' && typeof last.content !== 'string') last.content.push(block);
    else messages.push({ role: 'user', content: [block] });
    return;
  }
  const calls = ((message['tool_calls'] as Fields[] | undefined) ?? []).map(({ id, function: called }) => {
    const { name, arguments: json } = called as { name: string; arguments: string };
    return { type: 'tool_use', id, name, input: parseJson(json) as unknown };
  });
  const text = message['content'] as string | null;
  const words = text === null || calls.length === 0 ? [] : [{ type: 'text', text }];
  messages.push({
    role: message['role'] as 'user' | 'assistant',
    content: calls.length === 0 ? (text ?? '') : [...words, ...calls],
  });
}

function toCompletion(answer: WireAnswer, request: WireRequest, number: number): Fields {
  const { input, output, cacheRead } = usageOf(answer, request);
  const calls = answer.content.filter(({ type }) => type === 'tool_use').map(toCall);
  const text = answer.content.flatMap((block) => (block.type === 'text' ? [String(block['text'])] : [])).join('');
  const reasoning = answer.content.find(({ type }) => type === 'thinking')?.['thinking'];
  const details = answer.stop_details as { explanation?: string } | undefined;
  const finish = FINISHES[answer.stop_reason ?? ''] ?? (calls.length > 0 ? 'tool_calls' : 'stop');
  return {
    id: `chatcmpl-${number}`,
    object: 'chat.completion',
    created: 1_790_000_000,
    model: request.model,
    choices: [
      {
        index: 0,
        finish_reason: finish,
        logprobs: null,
        message: {
          role: 'assistant',
          content: text === '' ? null : text,
          refusal: answer.stop_reason === 'refusal' ? details?.explanation : null,
          ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
      },
    ],
    usage: {
      prompt_tokens: input + cacheRead,
      completion_tokens: output,
      total_tokens: input + cacheRead + output,
      prompt_tokens_details: { cached_tokens: cacheRead },
    },
  };
}

const FINISHES: Record<string, string> = { max_tokens: 'length', content_filter: 'content_filter' };

function toCall(block: WireBlock): Fields {
  const { type: _type, id, name, input, partial_json: partial, ...fields } = block;
  return { id, type: 'function', function: { name, arguments: partial ?? JSON.stringify(input) }, ...fields };
}

function toStream(completion: Fields): WireBody {
  const [choice] = completion['choices'] as { message: Fields; finish_reason: string }[];
  const message = choice?.message ?? {};
  const chunk = (delta: Fields, more: Fields = {}, finish: string | null = null) => ({
    ...completion,
    object: 'chat.completion.chunk',
    usage: null,
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  });
  const texts = ['reasoning_content', 'content', 'refusal'].flatMap((name) =>
    inPieces(String(message[name] ?? '')).map((piece) => chunk({ [name]: piece })),
  );
  const calls = ((message['tool_calls'] as Fields[] | undefined) ?? []).flatMap((call, index) => {
    const { function: called, ...rest } = call;
    const { name, arguments: json } = called as { name: string; arguments: string };
    return [
      chunk({ tool_calls: [{ ...rest, index, function: { name, arguments: '' } }] }),
      ...inPieces(json).map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ];
  });
  const chunks = [
    chunk({ role: 'assistant', content: '' }),
    ...texts,
    ...calls,
    chunk({}, {}, choice?.finish_reason),
    chunk({}, { choices: [], usage: completion['usage'] }),
  ];
  const pieces = [...chunks.map((value) => `data: ${JSON.stringify(value)}\n\n`), 'data: [DONE]\n\n'];
  return { contentType: 'text/event-stream', pieces };
}
