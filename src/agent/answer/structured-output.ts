import { AppError } from '../../base/errors.ts';
import { compileSchema, type Validator } from '../../base/schema/schema.ts';
import type { AnswerForm, JsonObject, JsonSchema, ToolSpec } from '../../protocol/messages.ts';
import { type AgentDefinition, agentLabel, STRUCTURED_OUTPUT_TOOL } from '../definition.ts';
import { fitSchema } from './fit-schema.ts';

/** How an agent answers, and how the answer is checked. */
export interface StructuredOutput {
  /** The tool through which it answers; undefined if it answers in text. */
  spec: ToolSpec | undefined;
  /** Set when it may answer in the provider's own structured form instead. */
  form?: AnswerForm;
  /** The prefill of an answer in text. */
  prefill?: string;
  /** The text that is appended to its instructions. */
  instruction: string;
  /** The message to the model when it ends without an answer. */
  reminder: string;
  /** The message to the model when its answer was cut off; `maxTokens` is its new limit. */
  cutReminder(maxTokens: number): string;
  /** The message to the model when its answer can't be used. */
  correction(errors: string[]): string;
  /** The result of a call whose data does not fit the schema. */
  invalid(errors: string[]): string;
  /** What is missing at the limit of turns, and the advice where the model gave text in its place; empty without advice. */
  lacking: string;
  textAdvice: string;
  /** `readings` as in {@link fitSchema}. */
  check(input: unknown): { valid: true; value: JsonObject; readings: string[] } | { valid: false; errors: string[] };
  /** The check against the schema alone, without reading text as other types. */
  validate: Validator;
  /** As in the rules of `parseAnswer`. */
  takesFirst: boolean;
}

/**
 * Makes the answer channel from the agent's own schema: `return_structured_data`, or JSON in text where the agent's mode
 * says so; nothing when its structured output is not enabled.
 * @param isNative whether the model may answer in its provider's own structured form
 * @throws AppError `agents_invalid` when the schema is missing, is not an object's, or is not a JSON Schema
 */
export function createStructuredOutput(
  definition: AgentDefinition,
  { isNative = false }: { isNative?: boolean } = {},
): StructuredOutput | undefined {
  const {
    enabled,
    schema,
    mode,
    schema_in_prompt: isShown = true,
    first_object: takesFirst = false,
  } = definition.structured_output;
  if (!enabled) return undefined;
  const place = `structured_output.schema of agent ${agentLabel(definition)}`;
  if (schema === undefined || schema['type'] !== 'object') {
    throw new AppError('agents_invalid', `${place} must be given and have "type: object".`);
  }
  const validate = compileSchema(withoutDialect(schema), place);
  const channelOf = (): Channel => {
    if (mode === 'text') return inText(isShown ? schema : undefined);
    return isNative ? inNativeForm(schema) : byTool(schema);
  };
  return {
    ...channelOf(),
    validate,
    takesFirst,
    check(input) {
      const fitted = fitSchema(input, validate);
      return fitted.valid ? { ...fitted, value: fitted.value as JsonObject } : fitted;
    },
  };
}

/** The part of an answer channel that depends on the mode. */
type Channel = Omit<StructuredOutput, 'check' | 'validate' | 'takesFirst'>;

const INSTRUCTION = `Give the answer by calling the tool ${STRUCTURED_OUTPUT_TOOL}: text outside of it is not read.`;

function answerTool(schema: JsonSchema): ToolSpec {
  return {
    name: STRUCTURED_OUTPUT_TOOL,
    description:
      'Gives the final answer. Call it once, alone, with every required field, as soon as the answer is known: ' +
      'it ends the work, and nothing but its input counts as the answer.',
    inputSchema: schema,
  };
}

function byTool(schema: JsonSchema): Channel {
  return {
    spec: answerTool(schema),
    correction: invalidOutputMessage,
    invalid: invalidOutputMessage,
    lacking: `a call of ${STRUCTURED_OUTPUT_TOOL}`,
    textAdvice: `The model wrote text instead of calling ${STRUCTURED_OUTPUT_TOOL}: use a server and a model that call tools, or set structured_output.mode: text of an agent in agents.yaml.`,
    instruction: INSTRUCTION,
    reminder:
      `You have ended without calling ${STRUCTURED_OUTPUT_TOOL}. ` +
      'Call it now with the answer: text outside of it is not read.',
    cutReminder: (maxTokens) =>
      `Your answer was cut off. You have ${maxTokens} tokens now: call ${STRUCTURED_OUTPUT_TOOL} at once, with all of it.`,
  };
}

/**
 * The provider's own structured form; a call of the tool where it turns out that the form is not accepted. So what is
 * said to the model holds for both.
 */
function inNativeForm(schema: JsonSchema): Channel {
  return {
    spec: answerTool(schema),
    form: { tool: STRUCTURED_OUTPUT_TOOL, instruction: INSTRUCTION },
    correction: invalidAnswerMessage,
    invalid: (errors) =>
      faultsMessage(
        'The data does not fit the schema:',
        errors,
        'Correct it and give the whole answer again, with all fields.',
      ),
    lacking: 'an answer',
    textAdvice:
      'The model wrote text that is not the JSON of the schema: set structured_output.mode of the agent to tool or text, or use a server and a model that follow a schema.',
    instruction: '',
    reminder: 'You have ended without an answer. Give it now, and nothing else.',
    cutReminder: (maxTokens) =>
      `Your answer was cut off. You have ${maxTokens} tokens now: give it at once, all of it, and nothing else.`,
  };
}

/** @param shown the schema that the instruction shows; without it the agent's own instructions say what to answer */
function inText(shown: JsonSchema | undefined): Channel {
  return {
    spec: undefined,
    prefill: '{',
    correction: invalidTextMessage,
    invalid: invalidTextMessage,
    lacking: 'an answer',
    textAdvice: '',
    instruction:
      shown === undefined
        ? ''
        : `Answer with one JSON object that fits this JSON Schema, and with nothing else:\n${JSON.stringify(shown)}`,
    reminder: 'You have ended without an answer. Give the JSON object now, and nothing else.',
    cutReminder: (maxTokens) =>
      `Your answer was cut off. You have ${maxTokens} tokens now: give the JSON object at once, all of it, and nothing else.`,
  };
}

/** The schema without its `$schema`. The name of an older dialect would be refused; its keywords are still read. */
export function withoutDialect(schema: JsonSchema): JsonSchema {
  const { $schema: _dialect, ...rest } = schema;
  return rest;
}

/** The message to the model when its answer does not fit the schema. */
function invalidOutputMessage(errors: string[]): string {
  const fix = `Correct it and call ${STRUCTURED_OUTPUT_TOOL} again with all fields.`;
  return faultsMessage('The data does not fit the schema:', errors, fix);
}

/** The message to the model when an answer in either form is not readable or does not fit the schema. */
function invalidAnswerMessage(errors: string[]): string {
  return faultsMessage(
    "Your answer can't be used:",
    errors,
    'Give the whole answer again, corrected, and nothing else.',
  );
}

function faultsMessage(what: string, errors: readonly string[], fix: string): string {
  return [what, ...errors.map((error) => `- ${error}`), fix].join('\n');
}

/** The message to the model when its answer in text is not readable or does not fit the schema. */
function invalidTextMessage(errors: string[]): string {
  const fix = 'Give the whole JSON object again, corrected, and nothing else.';
  return faultsMessage("Your answer can't be used:", errors, fix);
}
