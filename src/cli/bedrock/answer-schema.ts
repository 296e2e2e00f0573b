import type { JsonSchema } from '../../protocol/messages.ts';

/**
 * Converts the schema of a job's folder to the schema of the answers. Its type is `object`, even if the file names none.
 * Keys for other programs are removed. Optional fields may be null, because models often write null for them.
 */
export function toAnswerSchema(written: JsonSchema): JsonSchema {
  const { processing_config: _, $schema: __, ...schema } = written;
  return withNulls({ type: 'object', ...schema });
}

/** The names of the fields of an answer. */
export function answerFields(schema: JsonSchema): string[] {
  return isSchema(schema['properties']) ? Object.keys(schema['properties']) : [];
}

function withNulls(schema: JsonSchema): JsonSchema {
  const { properties, items, required } = schema;
  const isRequired = (name: string) => Array.isArray(required) && required.includes(name);
  const within = (value: unknown) => (isSchema(value) ? withNulls(value) : value);
  const changed: JsonSchema = { ...schema };
  if (isSchema(items)) changed['items'] = within(items);
  if (isSchema(properties)) {
    changed['properties'] = Object.fromEntries(
      Object.entries(properties).map(([name, field]) => [
        name,
        isRequired(name) ? within(field) : orNull(within(field)),
      ]),
    );
  }
  return changed;
}

/** Adds null to `type` and `enum`. A field that restricts its values by other keywords stays unchanged. */
function orNull(field: unknown): unknown {
  if (!isSchema(field)) return field;
  const { type, enum: values } = field;
  const types = typeof type === 'string' ? [type] : type;
  return {
    ...field,
    ...(Array.isArray(types) ? { type: withNull(types, 'null') } : {}),
    ...(Array.isArray(values) ? { enum: withNull(values, null) } : {}),
  };
}

function withNull(values: readonly unknown[], last: 'null' | null): unknown[] {
  return values.includes(last) ? [...values] : [...values, last];
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
