import { asAsked, formatOf, type WireAnswer, type WireBlock, type WireRequest } from '../messages-wire.ts';
import { inPieces, jsonBody, type RefusalKind, usageOf, type WireBody, type WireFormat } from './wire-server.ts';

type Fields = Record<string, unknown>;

/** The limit of tokens that stands for a count of tokens, and for a vector. */
const COUNT = -1;
const VECTOR = 0;

/** Gemini's `generateContent`, `streamGenerateContent`, `countTokens` and `batchEmbedContents` of one text. */
export const geminiFormat: WireFormat = {
  read(path, body) {
    const [, counted] = /\/models\/([^:]+):countTokens/.exec(path) ?? [];
    if (counted !== undefined) return textRequest(counted, COUNT, body['contents']);
    const [, embedding] = /\/models\/([^:]+):batchEmbedContents/.exec(path) ?? [];
    if (embedding !== undefined) {
      return textRequest(embedding, VECTOR, [(body['requests'] as { content: unknown }[])[0]?.content]);
    }
    const [, model, verb] = /^\/v1(?:beta)?\/models\/([^:]+):(generateContent|streamGenerateContent)/.exec(path) ?? [];
    if (model === undefined) return undefined;
    const config = (body['generationConfig'] ?? {}) as Fields;
    const system = body['systemInstruction'] as { parts: Fields[] } | undefined;
    const declarations = (body['tools'] as { functionDeclarations: Fields[] }[] | undefined)?.[0];
    const tools = declarations?.functionDeclarations.map(({ name, parametersJsonSchema }) => ({
      name: String(name),
      input_schema: parametersJsonSchema as Fields,
    }));
    return {
      model,
      max_tokens: Number(config['maxOutputTokens']),
      messages: (body['contents'] as { role: string; parts: Fields[] }[]).map(toMessage),
      ...(tools === undefined ? {} : { tools }),
      ...(system === undefined ? {} : { system: system.parts.map(({ text }) => text).join('') }),
      ...formatOf(config['responseMimeType'] === 'application/json' ? config['responseJsonSchema'] : undefined),
      stream: verb === 'streamGenerateContent',
    };
  },
  write(answer, request, number) {
    if (request.max_tokens === COUNT) return jsonBody({ totalTokens: usageOf(answer, request).input });
    if (request.max_tokens === VECTOR) {
      return jsonBody({ embeddings: [{ values: JSON.parse(String(answer.content[0]?.['text'])) as number[] }] });
    }
    const response = toResponse(asAsked(answer, request), request, number);
    return request.stream ? toStream(response) : jsonBody(response);
  },
  refuse(kind, message) {
    const [code, status, reason] = REFUSALS[kind];
    const details = reason === undefined ? [] : [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }];
    return { status: code, body: { error: { code, message, status, details } } };
  },
};

const REFUSALS: { [kind in RefusalKind]: [number, string, string?] } = {
  key: [400, 'INVALID_ARGUMENT', 'API_KEY_INVALID'],
  permission: [403, 'PERMISSION_DENIED'],
  model: [404, 'NOT_FOUND'],
  invalid: [400, 'INVALID_ARGUMENT'],
  'too-long': [400, 'INVALID_ARGUMENT'],
  rate: [429, 'RESOURCE_EXHAUSTED'],
  spend: [429, 'RESOURCE_EXHAUSTED', 'GenerateRequestsPerDayPerProjectPerModel'],
  server: [500, 'INTERNAL'],
  overloaded: [503, 'UNAVAILABLE'],
  timeout: [504, 'DEADLINE_EXCEEDED'],
};

function textRequest(model: string, maxTokens: number, contents: unknown): WireRequest {
  const [{ parts } = { parts: [] }] = contents as { parts: Fields[] }[];
  const content = parts.map(({ text }) => text).join('');
  return { model, max_tokens: maxTokens, messages: [{ role: 'user', content }] };
}

function toMessage({ role, parts }: { role: string; parts: Fields[] }): WireRequest['messages'][number] {
  const [only] = parts;
  if (parts.length === 1 && typeof only?.['text'] === 'string' && role === 'user') {
    return { role: 'user', content: only['text'] };
  }
  return { role: role === 'user' ? 'user' : 'assistant', content: parts.map(toBlock) };
}

function toBlock(part: Fields): WireBlock {
  const { functionCall, functionResponse, ...rest } = part;
  if (functionCall !== undefined) {
    const { id, name, args } = functionCall as Fields;
    return { type: 'tool_use', ...(id === undefined ? {} : { id }), name, input: args ?? {}, ...rest };
  }
  if (functionResponse !== undefined) {
    const { id, name, response } = functionResponse as { id?: string; name: string; response: Fields };
    return { type: 'tool_result', tool_use_id: id, name, content: response['output'] ?? response['error'] };
  }
  return { type: typeof rest['text'] === 'string' ? 'text' : 'part', ...rest };
}

/** Blocks of the Messages API as parts; a `part` block is sent unchanged, with its `thoughtSignature`. */
function toPart(block: WireBlock): Fields {
  const { type, id, name, input, partial_json: _cut, ...rest } = block;
  if (type !== 'tool_use') return rest;
  return { functionCall: { ...(id === undefined ? {} : { id }), name, args: input }, ...rest };
}

function toResponse(answer: WireAnswer, request: WireRequest, number: number): Fields {
  const { input, output, cacheRead } = usageOf(answer, request);
  const details = answer.stop_details as { explanation?: string } | undefined;
  return {
    candidates: [
      {
        index: 0,
        content: { role: 'model', parts: answer.content.map(toPart) },
        finishReason: FINISHES[answer.stop_reason ?? ''] ?? answer.stop_reason ?? 'STOP',
        ...(details?.explanation === undefined ? {} : { finishMessage: details.explanation }),
      },
    ],
    modelVersion: request.model,
    responseId: `resp_test_${number}`,
    usageMetadata: {
      promptTokenCount: input + cacheRead,
      cachedContentTokenCount: cacheRead,
      candidatesTokenCount: Math.ceil(output / 2),
      thoughtsTokenCount: Math.floor(output / 2),
      totalTokenCount: input + cacheRead + output,
    },
  };
}

const FINISHES: Record<string, string> = {
  max_tokens: 'MAX_TOKENS',
  refusal: 'SAFETY',
  tool_use: 'STOP',
  end_turn: 'STOP',
};

function toStream(response: Fields): WireBody {
  const [candidate] = response['candidates'] as Fields[];
  const { content, finishReason, ...rest } = candidate ?? {};
  const parts = (content as { parts: Fields[] }).parts.flatMap((part) => {
    if (typeof part['text'] !== 'string') return [part];
    const { thoughtSignature, ...plain } = part;
    const pieces = inPieces(part['text']).map((text): Fields => ({ ...plain, text }));
    // The signature comes with the last piece, or with one of its own.
    return thoughtSignature === undefined ? pieces : [...pieces, { text: '', thoughtSignature }];
  });
  const chunks = [
    ...parts.map((part) => ({ ...response, candidates: [{ index: 0, content: { role: 'model', parts: [part] } }] })),
    { ...response, candidates: [{ ...rest, content: { role: 'model', parts: [] }, finishReason }] },
  ];
  const pieces = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`);
  return { contentType: 'text/event-stream', pieces };
}
