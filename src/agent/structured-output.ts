import { AppError } from '../errors.ts';
import type { JsonObject, JsonSchema, ToolSpec } from '../messages.ts';
import { compileSchema } from '../schema.ts';
import { type AgentDefinition, agentLabel, STRUCTURED_OUTPUT_TOOL } from './definition.ts';

/** The tool through which an agent answers, and the check of what it is called with. */
export interface StructuredOutput {
  spec: ToolSpec;
  check(input: unknown): { valid: true; value: JsonObject } | { valid: false; errors: string[] };
}

/**
 * Makes `return_structured_data` from the agent's own schema; nothing when its structured output is not enabled.
 * @throws AppError `agents_invalid` when the schema is missing, is not an object's, or is not a JSON Schema
 */
export function createStructuredOutput(definition: AgentDefinition): StructuredOutput | undefined {
  const { enabled, schema } = definition.structured_output;
  if (!enabled) return undefined;
  const place = `structured_output.schema of agent ${agentLabel(definition)}`;
  if (schema === undefined || schema['type'] !== 'object') {
    throw new AppError('agents_invalid', `${place} must be given and have "type: object".`);
  }
  const validate = compileSchema(withoutDialect(schema), place);
  return {
    spec: {
      name: STRUCTURED_OUTPUT_TOOL,
      description:
        'Gives the final answer. Call it once, alone, with every required field, as soon as the answer is known: ' +
        'it ends the work, and nothing but its input counts as the answer.',
      inputSchema: schema,
    },
    check(input) {
      const result = validate(input);
      return result.valid ? { valid: true, value: input as JsonObject } : result;
    },
  };
}

/** A schema without its `$schema`: an older dialect's name would be refused, and its keywords are read all the same. */
export function withoutDialect(schema: JsonSchema): JsonSchema {
  const { $schema: _dialect, ...rest } = schema;
  return rest;
}

/** What the model is told when its answer does not fit the schema. */
export function invalidOutputMessage(errors: string[]): string {
  return [
    'The data does not fit the schema:',
    ...errors.map((error) => `- ${error}`),
    `Correct it and call ${STRUCTURED_OUTPUT_TOOL} again with all fields.`,
  ].join('\n');
}

/** What the model is told when it ends without an answer. */
export const REMINDER =
  `You have ended without calling ${STRUCTURED_OUTPUT_TOOL}. ` +
  'Call it now with the answer: text outside of it is not read.';
