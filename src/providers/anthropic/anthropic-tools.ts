import type Anthropic from '@anthropic-ai/sdk';
import type { JsonSchema, ModelRequest, ToolSpec } from '../../protocol/messages.ts';
import { inSentForm, type SentRequest } from '../shared/answer-format.ts';
import { lowerSchema } from '../shared/strict-schema.ts';

/** Limits of strict mode for one request, over all of its tools (Anthropic's structured outputs, complexity limits). */
const MOST_STRICT_TOOLS = 20;
const MOST_OPTIONAL = 24;
const MOST_UNIONS = 16;

const strictTools = new WeakMap<readonly ToolSpec[], Anthropic.Tool[]>();
const plainTools = new WeakMap<readonly ToolSpec[], Anthropic.Tool[]>();
const formats = new WeakMap<JsonSchema, { schema: JsonSchema | undefined }>();

/**
 * The tools of a request, made once for each list: strict where the schema can be lowered and the request's limits
 * hold, plain otherwise.
 * @param isStrict false for a model that refuses strict tools
 */
export function toTools(specs: readonly ToolSpec[], isStrict: boolean): Anthropic.Tool[] {
  const made = isStrict ? strictTools : plainTools;
  let tools = made.get(specs);
  if (tools === undefined) {
    tools = isStrict ? lowerTools(specs) : specs.map(plainTool);
    made.set(specs, tools);
  }
  return tools;
}

/**
 * An answer's schema as a format of the text takes it, made once for each schema; undefined where it can't be lowered or
 * is beyond the limits of one request.
 */
export function toFormatSchema(schema: JsonSchema): JsonSchema | undefined {
  const known = formats.get(schema);
  if (known !== undefined) return known.schema;
  const lowered = lowerSchema(schema);
  const fits = lowered.strict && lowered.optional <= MOST_OPTIONAL && lowered.unions <= MOST_UNIONS;
  const made = fits ? lowered.schema : undefined;
  formats.set(schema, { schema: made });
  return made;
}

/** The request as it is sent. @param isStrict false where the strict or native form was refused */
export function toSentRequest(request: ModelRequest, isStrict: boolean): SentRequest {
  return inSentForm(request, ({ inputSchema }) => isStrict && toFormatSchema(inputSchema) !== undefined);
}

/** From the last tool back: a target agent answers through the last one, so it is the first to be strict. */
function lowerTools(specs: readonly ToolSpec[]): Anthropic.Tool[] {
  let left = { tools: MOST_STRICT_TOOLS, optional: MOST_OPTIONAL, unions: MOST_UNIONS };
  return specs
    .toReversed()
    .map((spec): Anthropic.Tool => {
      const lowered = lowerSchema(spec.inputSchema);
      if (!lowered.strict) return plainTool(spec);
      const { schema, optional, unions } = lowered;
      if (left.tools === 0 || optional > left.optional || unions > left.unions) return plainTool(spec);
      left = { tools: left.tools - 1, optional: left.optional - optional, unions: left.unions - unions };
      const { name, description } = spec;
      return { name, description, input_schema: { type: 'object', ...schema }, strict: true };
    })
    .toReversed();
}

function plainTool({ name, description, inputSchema }: ToolSpec): Anthropic.Tool {
  return { name, description, input_schema: { type: 'object', ...inputSchema } };
}
