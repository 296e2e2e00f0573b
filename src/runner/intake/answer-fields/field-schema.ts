import type { JsonSchema } from '../../../protocol/messages.ts';
import type { InlineField } from '../../contract/request/inline-agent.ts';

/** The schema of an answer with these fields. */
export function answerSchema(fields: readonly InlineField[]): JsonSchema {
  return objectOf(fields.map((field) => [field.name, fieldSchema(field)]));
}

/** An object with these properties, all of them required, and no others. */
export function objectOf(properties: readonly (readonly [string, JsonSchema])[]): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: properties.map(([name]) => name),
    additionalProperties: false,
  };
}

function fieldSchema({ type, values, fields, list = false, nullable = false, description }: InlineField): JsonSchema {
  const one: JsonSchema =
    fields === undefined ? { type, ...(values === undefined ? {} : { enum: [...values] }) } : answerSchema(fields);
  const whole: JsonSchema = list ? { type: 'array', items: one } : one;
  return {
    ...(nullable ? withNull(whole) : whole),
    ...(description === undefined ? {} : { description }),
  };
}

function withNull({ type, enum: values, ...rest }: JsonSchema): JsonSchema {
  return { type: [type, 'null'], ...(Array.isArray(values) ? { enum: [...values, null] } : {}), ...rest };
}
