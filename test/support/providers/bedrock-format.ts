import { EventStreamCodec } from '@smithy/core/event-streams';
import { parseJson } from '../../../src/base/json/exact-number.ts';
import { asAsked, formatOf, type WireAnswer, type WireBlock, type WireRequest } from '../messages-wire.ts';
import { inPieces, jsonBody, type RefusalKind, usageOf, type WireBody, type WireFormat } from './wire-server.ts';

type Fields = Record<string, unknown>;

/** Bedrock's `Converse` (JSON) and `ConverseStream` (AWS's binary event stream). */
export const bedrockFormat: WireFormat = {
  read(path, body) {
    const [, model, verb] = /^\/model\/([^/]+)\/(converse|converse-stream)$/.exec(path) ?? [];
    if (model === undefined) return undefined;
    const system = body['system'] as Fields[] | undefined;
    const config = body['toolConfig'] as { tools: { toolSpec: Fields }[] } | undefined;
    const tools = config?.tools.map(({ toolSpec: { name, inputSchema } }) => ({
      name: String(name),
      input_schema: (inputSchema as { json: Fields }).json,
    }));
    return {
      model: decodeURIComponent(model),
      max_tokens: Number((body['inferenceConfig'] as Fields)['maxTokens']),
      messages: (body['messages'] as { role: 'user' | 'assistant'; content: Fields[] }[]).map(toMessage),
      ...(tools === undefined ? {} : { tools }),
      ...(system === undefined ? {} : { system: system.map(({ text }) => text ?? '').join('') }),
      ...formatOf(schemaOf(body)),
      stream: verb === 'converse-stream',
    };
  },
  write(given, request) {
    const answer = asAsked(given, request);
    return request.stream ? toStream(answer, request) : jsonBody(toAnswer(answer, request));
  },
  refuse(kind, message) {
    const [status, type] = REFUSALS[kind];
    return { status, body: { message }, headers: { 'x-amzn-errortype': type } };
  },
};

function schemaOf(body: Fields): unknown {
  const output = body['outputConfig'] as { textFormat: { structure: { jsonSchema: { schema: string } } } } | undefined;
  return output === undefined ? undefined : parseJson(output.textFormat.structure.jsonSchema.schema);
}

const REFUSALS: { [kind in RefusalKind]: [number, string] } = {
  key: [403, 'UnrecognizedClientException'],
  permission: [403, 'AccessDeniedException'],
  model: [404, 'ResourceNotFoundException'],
  invalid: [400, 'ValidationException'],
  'too-long': [400, 'ValidationException'],
  rate: [429, 'ThrottlingException'],
  spend: [429, 'ThrottlingException'],
  server: [500, 'InternalServerException'],
  overloaded: [503, 'ServiceUnavailableException'],
  timeout: [408, 'ModelTimeoutException'],
};

function toMessage({ role, content }: { role: 'user' | 'assistant'; content: Fields[] }) {
  const [only] = content;
  if (role === 'user' && content.length === 1 && typeof only?.['text'] === 'string') {
    return { role, content: only['text'] };
  }
  return { role, content: content.map(toBlock) };
}

function toBlock(block: Fields): WireBlock {
  const { toolUse, toolResult } = block as { toolUse?: Fields; toolResult?: Fields };
  if (toolUse !== undefined) {
    return { type: 'tool_use', id: toolUse['toolUseId'], name: toolUse['name'], input: toolUse['input'] };
  }
  if (toolResult !== undefined) {
    const text = (toolResult['content'] as Fields[]).map((part) => part['text']).join('');
    const isError = toolResult['status'] === 'error';
    return { type: 'tool_result', tool_use_id: toolResult['toolUseId'], content: text, is_error: isError };
  }
  return { ...block, type: 'text' in block ? 'text' : 'other' };
}

/** Blocks of the Messages API as Converse has them; an `other` block is sent unchanged. */
function toContent({ type, ...block }: WireBlock): Fields {
  if (type !== 'tool_use') return block;
  return { toolUse: { toolUseId: block['id'], name: block['name'], input: block['input'] } };
}

function stopOf(answer: WireAnswer): string {
  const hasCall = answer.content.some(({ type }) => type === 'tool_use');
  if (answer.stop_reason === 'refusal') return 'content_filtered';
  return answer.stop_reason ?? (hasCall ? 'tool_use' : 'end_turn');
}

function usage(answer: WireAnswer, request: WireRequest): Fields {
  const { input, output, cacheRead, cacheWrite } = usageOf(answer, request);
  return {
    inputTokens: input,
    outputTokens: output,
    totalTokens: input + output + cacheRead + cacheWrite,
    cacheReadInputTokens: cacheRead,
    cacheWriteInputTokens: cacheWrite,
  };
}

function toAnswer(answer: WireAnswer, request: WireRequest): Fields {
  return {
    output: { message: { role: 'assistant', content: answer.content.map(toContent) } },
    stopReason: stopOf(answer),
    usage: usage(answer, request),
    metrics: { latencyMs: 1 },
  };
}

function toStream(answer: WireAnswer, request: WireRequest): WireBody {
  return {
    contentType: 'application/vnd.amazon.eventstream',
    pieces: [
      bedrockEvent('messageStart', { role: 'assistant' }),
      ...answer.content.flatMap(blockEvents),
      bedrockEvent('messageStop', { stopReason: stopOf(answer) }),
      bedrockEvent('metadata', { usage: usage(answer, request), metrics: { latencyMs: 1 } }),
    ],
  };
}

function blockEvents(block: WireBlock, contentBlockIndex: number): Uint8Array[] {
  const delta = (value: Fields) => bedrockEvent('contentBlockDelta', { contentBlockIndex, delta: value });
  const stop = bedrockEvent('contentBlockStop', { contentBlockIndex });
  if (block.type === 'text') return [...inPieces(String(block['text'])).map((text) => delta({ text })), stop];
  if (block.type === 'tool_use') {
    const toolUse = { toolUseId: block['id'], name: block['name'] };
    const json = String(block['partial_json'] ?? JSON.stringify(block['input']));
    const start = bedrockEvent('contentBlockStart', { contentBlockIndex, start: { toolUse } });
    return [start, ...inPieces(json).map((input) => delta({ toolUse: { input } })), stop];
  }
  const reasoning = block['reasoningContent'] as { reasoningText?: Fields; redactedContent?: string };
  if (reasoning.reasoningText === undefined) return [delta({ reasoningContent: reasoning }), stop];
  const { text, signature } = reasoning.reasoningText;
  const texts = inPieces(String(text)).map((piece) => delta({ reasoningContent: { text: piece } }));
  return [...texts, delta({ reasoningContent: { signature } }), stop];
}

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => new Uint8Array(Buffer.from(text, 'utf8')),
);

/** One message of AWS's event stream; an exception of the stream is one, too. */
export function bedrockEvent(name: string, payload: Fields, kind: 'event' | 'exception' = 'event'): Uint8Array {
  const text = (value: string) => ({ type: 'string' as const, value });
  return codec.encode({
    headers: {
      ':message-type': text(kind),
      [kind === 'event' ? ':event-type' : ':exception-type']: text(name),
      ':content-type': text('application/json'),
    },
    body: new Uint8Array(Buffer.from(JSON.stringify(payload))),
  });
}
