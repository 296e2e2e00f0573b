import {
  ANSWER_TOOL,
  type WireAnswer,
  type WireBlock,
  type WireRequest,
  type WireSchema,
  type WireTool,
} from './messages-wire.ts';

/** The row of a target agent: the JSON of the first user message. */
export function inputOf(request: WireRequest): Record<string, unknown> {
  const content = request.messages[0]?.content ?? '';
  const text = typeof content === 'string' ? content : content.map((block) => block['text'] ?? '').join('');
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : { text };
  } catch {
    return { text };
  }
}

/** Whether a tool has answered already. */
export function hasToolResult(request: WireRequest): boolean {
  return request.messages.some(
    ({ content }) => typeof content !== 'string' && content.some((block) => block.type === 'tool_result'),
  );
}

/**
 * A target agent whose answer is a function of its row: strings are `echo:` and the first input field, numbers the
 * length of that field, booleans whether it is even.
 */
export function echoAnswer(request: WireRequest): WireAnswer {
  const tool = answerToolOf(request);
  if (tool === undefined) return { content: [{ type: 'text', text: `echo:${seedOf(request)}` }] };
  return { content: [callOf(tool, echoFields(tool, seedOf(request)), request)] };
}

/** The same agent, which first calls the first other tool with the row's own fields. */
export function twoTurnAnswer(request: WireRequest): WireAnswer {
  const tool = request.tools?.find(({ name }) => name !== ANSWER_TOOL);
  if (tool === undefined || hasToolResult(request)) return echoAnswer(request);
  const fields = echoFields(tool, seedOf(request));
  const row = inputOf(request);
  const input = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, row[name] ?? value]));
  return { content: [callOf(tool, input, request)] };
}

/** The tool through which the answer is asked for; one of its schema where that is the format of the text. */
function answerToolOf({ tools, output_config: output }: WireRequest): WireTool | undefined {
  const schema = output?.format?.schema;
  return schema === undefined
    ? tools?.find(({ name }) => name === ANSWER_TOOL)
    : { name: ANSWER_TOOL, input_schema: schema };
}

/** The text of the row's first field. */
function seedOf(request: WireRequest): string {
  const [first] = Object.values(inputOf(request));
  return typeof first === 'string' ? first : JSON.stringify(first ?? null);
}

function callOf(tool: WireTool, input: Record<string, unknown>, request: WireRequest): WireBlock {
  return { type: 'tool_use', id: `toolu_${request.messages.length}_${tool.name}`, name: tool.name, input };
}

function echoFields(tool: WireTool, seed: string): Record<string, unknown> {
  const properties = tool.input_schema.properties ?? {};
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, echoValue(schema, seed)]));
}

function echoValue(schema: WireSchema, seed: string): unknown {
  if (schema.enum !== undefined) return schema.enum[seed.length % schema.enum.length];
  switch (schema.type) {
    case 'number':
    case 'integer':
      return seed.length;
    case 'boolean':
      return seed.length % 2 === 0;
    case 'null':
      return null;
    case 'array':
      return [echoValue(schema.items ?? { type: 'string' }, seed)];
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, child]) => [name, echoValue(child, seed)]),
      );
    default:
      return `echo:${seed}`;
  }
}
