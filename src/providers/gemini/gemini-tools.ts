import type { FunctionDeclaration } from '@google/genai';
import type { JsonSchema, ModelRequest, ToolSpec } from '../../protocol/messages.ts';
import { inSentForm, type SentRequest } from '../shared/answer-format.ts';
import { lowerSchema } from '../shared/strict-schema.ts';

const declared = new WeakMap<readonly ToolSpec[], FunctionDeclaration[]>();

/**
 * The tools of a request, made once for each list. A schema that can be lowered is sent in the narrow form that all
 * models accept, with the rest in its descriptions. Any other is sent unchanged, without its dialect.
 */
export function toDeclarations(specs: readonly ToolSpec[]): FunctionDeclaration[] {
  const known = declared.get(specs);
  if (known !== undefined) return known;
  const made = specs.map(({ name, description, inputSchema }): FunctionDeclaration => {
    const lowered = lowerSchema(inputSchema);
    const { $schema: _dialect, ...plain } = inputSchema;
    const schema = lowered.strict ? withoutConst(lowered.schema) : { type: 'object', ...plain };
    return { name, description, parametersJsonSchema: schema };
  });
  declared.set(specs, made);
  return made;
}

const formats = new WeakMap<JsonSchema, { schema: JsonSchema | undefined }>();

/** An answer's schema as `responseJsonSchema`, made once for each schema; undefined where it can't be lowered. */
export function toFormatSchema(schema: JsonSchema): JsonSchema | undefined {
  const known = formats.get(schema);
  if (known !== undefined) return known.schema;
  const lowered = lowerSchema(schema);
  const made = lowered.strict ? withoutConst(lowered.schema) : undefined;
  formats.set(schema, { schema: made });
  return made;
}

/** The request as it is sent. @param isStrict false where the native form of the answer was refused */
export function toSentRequest(request: ModelRequest, isStrict: boolean): SentRequest {
  return inSentForm(request, ({ inputSchema }) => isStrict && toFormatSchema(inputSchema) !== undefined);
}

/**
 * `const` is not among the keywords that Gemini lists; an `enum` of one value means the same. It lists `enum` for texts
 * and numbers, each beside its type.
 */
function withoutConst(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    if (!('const' in value)) return withType(value as JsonSchema);
    const { const: only, ...rest } = value as JsonSchema;
    return typeof only === 'object' && !('type' in rest) && only !== null ? value : withType({ ...rest, enum: [only] });
  }) as JsonSchema;
}

function withType(schema: JsonSchema): JsonSchema {
  const values = schema['enum'];
  if (!Array.isArray(values) || 'type' in schema) return schema;
  const [type, ...others] = new Set(values.map((value) => typeof value));
  const isPlain = others.length === 0 && (type === 'string' || type === 'number');
  return isPlain ? { type, ...schema } : schema;
}
