/** The Messages wire format, as far as the test server speaks it. */
export interface WireBlock {
  type: string;
  [key: string]: unknown;
}

export interface WireTool {
  name: string;
  input_schema: { properties?: Record<string, WireSchema>; [key: string]: unknown };
  [key: string]: unknown;
}

export interface WireSchema {
  type?: string;
  enum?: unknown[];
  items?: WireSchema;
  properties?: Record<string, WireSchema>;
  [key: string]: unknown;
}

export interface WireRequest {
  model: string;
  max_tokens: number;
  messages: { role: 'user' | 'assistant'; content: string | WireBlock[] }[];
  system?: string | WireBlock[];
  tools?: WireTool[];
  tool_choice?: unknown;
  /** An answer that is asked for as the format of the text; `format` is its JSON Schema. */
  output_config?: { format?: { type: string; schema: WireTool['input_schema'] } };
  stream?: boolean;
  [key: string]: unknown;
}

/** The model's answer. The defaults fit the content: `tool_use` when it holds a call, tokens by length. */
export interface WireAnswer {
  content: WireBlock[];
  stop_reason?: string;
  stop_details?: unknown;
  usage?: Record<string, unknown>;
  /** Sent with this answer. */
  headers?: Record<string, string>;
  /** The second half of a streamed answer waits for it. */
  rest?: Promise<void>;
}

/** The tool through which an answer is given. */
export const ANSWER_TOOL = 'return_structured_data';

/** The form in which the other formats name the schema of a text. */
export function formatOf(schema: unknown): Pick<WireRequest, 'output_config'> {
  if (schema === undefined) return {};
  return { output_config: { format: { type: 'json_schema', schema: schema as WireTool['input_schema'] } } };
}

/**
 * The answer as the request asks for it: a model that is given the format of its text writes the data of the answer as
 * JSON and nothing else, where a test says what it would call.
 */
export function asAsked(answer: WireAnswer, request: WireRequest): WireAnswer {
  const call = answer.content.find(({ type, name }) => type === 'tool_use' && name === ANSWER_TOOL);
  const isCalled = request.tools?.some(({ name }) => name === ANSWER_TOOL) ?? false;
  if (request.output_config?.format === undefined || call === undefined || isCalled) return answer;
  const text = { type: 'text', text: call['partial_json'] ?? JSON.stringify(call['input']) };
  const thoughts = answer.content.filter(({ type }) => type !== 'text' && type !== 'tool_use');
  const { stop_reason: reason, ...rest } = answer;
  const stop = reason === undefined || reason === 'tool_use' ? {} : { stop_reason: reason };
  return { ...rest, ...stop, content: [...thoughts, text] };
}

/** The whole message of an answer. Usage is 4 characters a token over the request and the answer. */
export function toWireMessage(given: WireAnswer, request: WireRequest, number: number): Record<string, unknown> {
  const answer = asAsked(given, request);
  const hasCall = answer.content.some((block) => block.type === 'tool_use');
  return {
    id: `msg_test_${number}`,
    type: 'message',
    role: 'assistant',
    model: request.model,
    content: answer.content,
    stop_reason: answer.stop_reason ?? (hasCall ? 'tool_use' : 'end_turn'),
    stop_sequence: null,
    stop_details: answer.stop_details ?? null,
    usage: answer.usage ?? {
      input_tokens: tokens([request.system, request.messages, request.tools, request.output_config].filter(Boolean)),
      output_tokens: tokens(answer.content),
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
    },
  };
}

function tokens(value: unknown): number {
  return Math.ceil(JSON.stringify(value).length / 4);
}

/** The server-sent events of a message, one string each. */
export function toEvents(message: Record<string, unknown>): string[] {
  const content = message['content'] as WireBlock[];
  const usage = message['usage'] as Record<string, unknown>;
  const start = { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  return [
    event('message_start', { message: start }),
    event('ping', {}),
    ...content.flatMap((block, index) => blockEvents(block, index)),
    event('message_delta', {
      delta: { stop_reason: message['stop_reason'], stop_sequence: null, stop_details: message['stop_details'] },
      usage: { output_tokens: usage['output_tokens'] },
    }),
    event('message_stop', {}),
  ];
}

function blockEvents(block: WireBlock, index: number): string[] {
  const delta = (value: Record<string, unknown>) => event('content_block_delta', { index, delta: value });
  const stop = event('content_block_stop', { index });
  const start = (value: WireBlock) => event('content_block_start', { index, content_block: value });
  switch (block.type) {
    case 'text':
      return [
        start({ type: 'text', text: '' }),
        ...pieces(block['text']).map((text) => delta({ type: 'text_delta', text })),
        stop,
      ];
    case 'thinking':
      return [
        start({ type: 'thinking', thinking: '', signature: '' }),
        ...pieces(block['thinking']).map((thinking) => delta({ type: 'thinking_delta', thinking })),
        delta({ type: 'signature_delta', signature: block['signature'] }),
        stop,
      ];
    case 'tool_use': {
      // A block with `partial_json` is sent unchanged: a call that was cut off.
      const json = typeof block['partial_json'] === 'string' ? block['partial_json'] : JSON.stringify(block['input']);
      const { partial_json: _partial, ...rest } = block;
      const deltas = pieces(json).map((partial) => delta({ type: 'input_json_delta', partial_json: partial }));
      return [start({ ...rest, type: 'tool_use', input: {} }), ...deltas, stop];
    }
    default:
      return [start(block), stop];
  }
}

function pieces(text: unknown): string[] {
  return String(text).match(/[\s\S]{1,7}/g) ?? [];
}

function event(type: string, fields: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
