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
import { inPieces, jsonBody, type RefusalKind, usageOf, type WireBody, type WireFormat } from './wire-server.ts';

type Fields = Record<string, unknown>;

/** OpenAI's Responses API: `POST /v1/responses`, JSON and SSE; and its embeddings. */
export const responsesFormat: WireFormat = {
  read(path, body) {
    if (path === '/v1/embeddings') return readEmbeddings(body);
    if (path !== '/v1/responses') return undefined;
    const messages: WireRequest['messages'] = [];
    const input = body['input'] as string | Fields[];
    const items = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
    for (const item of items) append(messages, item);
    const tools = (body['tools'] as Fields[] | undefined)?.map(({ name, parameters }) => ({
      name: String(name),
      input_schema: withoutNulls(parameters as WireSchema),
    }));
    return {
      model: String(body['model']),
      max_tokens: Number(body['max_output_tokens']),
      messages,
      ...(tools === undefined ? {} : { tools }),
      ...(typeof body['instructions'] === 'string' ? { system: body['instructions'] } : {}),
      ...formatOf(schemaOf(body)),
      stream: body['stream'] === true,
    };
  },
  write(answer, request, number) {
    if (isEmbeddings(request)) return writeEmbeddings(answer, request);
    const response = toResponse(asAsked(answer, request), request, number);
    return request.stream ? toStream(response) : jsonBody(response);
  },
  refuse: openAiRefusal,
};

function schemaOf(body: Fields): WireSchema | undefined {
  const text = body['text'] as { format: { schema: WireSchema } } | undefined;
  return text === undefined ? undefined : withoutNulls(text.format.schema);
}

/** An error in OpenAI's form, which compatible servers share. */
export function openAiRefusal(kind: RefusalKind, message: string): { status: number; body: unknown } {
  const [status, type, code] = REFUSALS[kind];
  return { status, body: { error: { message, type, code, param: null } } };
}

const REFUSALS: { [kind in RefusalKind]: [number, string, string | null] } = {
  key: [401, 'invalid_request_error', 'invalid_api_key'],
  permission: [403, 'invalid_request_error', null],
  model: [404, 'invalid_request_error', 'model_not_found'],
  invalid: [400, 'invalid_request_error', null],
  'too-long': [400, 'invalid_request_error', 'context_length_exceeded'],
  rate: [429, 'requests', 'rate_limit_exceeded'],
  spend: [429, 'insufficient_quota', 'insufficient_quota'],
  server: [500, 'server_error', 'server_error'],
  overloaded: [503, 'server_error', null],
  timeout: [504, 'server_error', null],
};

/** Strict mode writes optional fields as `anyOf` with null; the model of a test needs the plain schema. */
export function withoutNulls(schema: WireSchema): WireSchema {
  const branches = schema['anyOf'] as WireSchema[] | undefined;
  const plain = branches?.find(({ type }) => type !== 'null') ?? schema;
  const properties = Object.entries(plain.properties ?? {}).map(([name, child]) => [name, withoutNulls(child)]);
  return plain.properties === undefined ? plain : { ...plain, properties: Object.fromEntries(properties) };
}

function append(messages: WireRequest['messages'], item: Fields): void {
  const { type, role, content } = item;
  if (type === undefined) {
    messages.push({ role: role as 'user' | 'assistant', content: content as string });
    return;
  }
  const isResult = type === 'function_call_output';
  const block: WireBlock = isResult
    ? { type: 'tool_result', tool_use_id: item['call_id'], content: item['output'] }
    : type === 'function_call'
      ? { type: 'tool_use', id: item['call_id'], name: item['name'], input: parseJson(String(item['arguments'])) }
      : { ...item, type: String(type) };
  const last = messages.at(-1);
  const side = isResult ? 'user' : 'assistant';
  if (last?.role === side && typeof last.content !== 'string') last.content.push(block);
  else messages.push({ role: side, content: [block] });
}

function toResponse(answer: WireAnswer, request: WireRequest, number: number): Fields {
  const { input, output, cacheRead, cacheWrite } = usageOf(answer, request);
  const reason = INCOMPLETE[answer.stop_reason ?? ''];
  const status = reason === undefined ? 'completed' : 'incomplete';
  const details = answer.stop_details as { explanation?: string } | undefined;
  const refusal = { type: 'refusal', refusal: details?.explanation };
  const refused = answer.stop_reason === 'refusal' ? [message([refusal], number)] : [];
  return {
    id: `resp_test_${number}`,
    object: 'response',
    created_at: 1_790_000_000,
    status,
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    model: request.model,
    output: [...answer.content.map((block, index) => toItem(block, `${number}_${index}`, status)), ...refused],
    parallel_tool_calls: true,
    store: false,
    usage: {
      input_tokens: input + cacheRead + cacheWrite,
      input_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input + cacheRead + cacheWrite + output,
    },
  };
}

const INCOMPLETE: Record<string, string> = { max_tokens: 'max_output_tokens', content_filter: 'content_filter' };

function message(content: Fields[], number: number | string, more: Fields = {}): Fields {
  return { type: 'message', id: `msg_${number}`, role: 'assistant', status: 'completed', content, ...more };
}

function toItem(block: WireBlock, number: string, status: string): Fields {
  if (block.type === 'text') {
    const { phase } = block;
    const part = { type: 'output_text', text: block['text'], annotations: [] };
    return message([part], number, phase === undefined ? {} : { phase });
  }
  if (block.type !== 'tool_use') return block;
  const json = block['partial_json'] ?? JSON.stringify(block['input']);
  const { id, name } = block;
  return { type: 'function_call', id: `fc_${number}`, call_id: id, name, arguments: json, status };
}

function toStream(response: Fields): WireBody {
  const output = response['output'] as Fields[];
  const begun = { ...response, status: 'in_progress', output: [], usage: null };
  const events: Fields[] = [
    { type: 'response.created', response: begun },
    ...output.flatMap(itemEvents),
    { type: `response.${response['status']}`, response },
  ];
  const pieces = events.map(
    (event, index) => `event: ${event['type']}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`,
  );
  return { contentType: 'text/event-stream', pieces };
}

function itemEvents(item: Fields, index: number): Fields[] {
  const place = { output_index: index, item_id: item['id'], content_index: 0 };
  const parts = item['type'] === 'message' ? (item['content'] as Fields[]) : [];
  const deltas = [
    ...parts.flatMap(({ text }) =>
      inPieces(String(text ?? '')).map((delta) => ({ type: 'response.output_text.delta', ...place, delta })),
    ),
    ...(item['type'] === 'function_call' ? inPieces(String(item['arguments'])) : []).map((delta) => ({
      type: 'response.function_call_arguments.delta',
      ...place,
      delta,
    })),
  ];
  const done = { type: 'response.output_item.done', output_index: index, item };
  return [{ type: 'response.output_item.added', output_index: index, item: { ...item, content: [] } }, ...deltas, done];
}
