import type { JsonSchema } from '../../protocol/messages.ts';

/**
 * The schema of the answers as a job's folder has it: of an object, whether it says so or not, and without what is said in
 * it to other programs. Fields that are not required may be null, as models often write what they leave out.
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

/** One that says by another keyword what it allows is left as it is. */
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
