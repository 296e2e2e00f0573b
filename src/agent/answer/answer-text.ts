import { isDeepStrictEqual } from 'node:util';
import { ExactNumber } from '../../base/json/exact-number.ts';
import type { Validator } from '../../base/schema/schema.ts';
import type { Json, JsonObject, StopReason } from '../../protocol/messages.ts';
import { findCandidates, firstObject } from './answer-candidates.ts';
import { readCallInText } from './call-in-text.ts';
import { parseExactJson } from './exact-json.ts';
import { type Fitted, fitSchema } from './fit-schema.ts';
import { withoutBlankEnds } from './loose-string.ts';

/**
 * The outcome of an answer in text. `success`: JSON that fits the schema; `readings` as in {@link fitSchema}.
 * `json_only`: JSON, and there is no schema to check it. `validation_failed`: JSON that does not fit. `json_failed`: no JSON, or no unambiguous JSON.
 * `error`: there is no answer. `errors` are sentences for the model.
 */
export type ParsedAnswer =
  | { parse_status: 'success'; value: JsonObject; readings: string[] }
  | { parse_status: 'json_only'; value: Json }
  | { parse_status: 'validation_failed'; errors: string[] }
  | { parse_status: 'json_failed'; errors: string[] }
  | { parse_status: 'error'; errors: string[] };

/** What {@link parseAnswer} checks an answer with. */
export interface AnswerRules {
  /** The check against the agent's schema, which is an object's. */
  validate?: Validator | undefined;
  stopReason?: StopReason;
  /** The names of the agent's tools, whose calls may be written as text. */
  tools?: readonly string[];
  /** The first complete object counts if it fits by itself, whatever follows it. */
  takesFirst?: boolean;
}

/**
 * Reads the JSON of an answer in text: the text itself, else the one object in it that fits the schema. Small mistakes are
 * repaired if the repair is unambiguous. Contract: never throws, and returns no value that is not in the text.
 */
export function parseAnswer(text: string, rules: AnswerRules = {}): ParsedAnswer {
  const answer = withoutThoughts(withoutBlankEnds(text));
  const parsed = readAnswer(answer, rules);
  const isOver = parsed.parse_status === 'success' || parsed.parse_status === 'error';
  if (rules.takesFirst !== true || isOver || isCutOff(rules)) return parsed;
  const first = firstObject(answer);
  const alone = first === undefined ? parsed : judge([first], rules);
  if (alone.parse_status !== 'success') return parsed;
  return { ...alone, readings: ['the first object of the answer', ...alone.readings] };
}

function readAnswer(answer: string, rules: AnswerRules): ParsedAnswer {
  const { stopReason } = rules;
  if (stopReason === 'refusal') return { parse_status: 'error', errors: ['The model refused to answer.'] };
  if (answer === '') return { parse_status: 'error', errors: ['The answer is empty.'] };
  const whole = parseExactJson(answer) ?? parseEscaped(answer);
  if (whole !== undefined) return whole.ok ? judge([unwrapped(whole.value)], rules) : unread(whole.reason);
  if (isCutOff(rules)) {
    return unread('it was cut off before its end');
  }
  if (/^<(think|thinking|reasoning)>/.test(answer)) return unread('its reasoning has no end');
  const found = findCandidates(answer);
  if (!found.ok) return unread(found.reason);
  return judge(found.values, rules);
}

function isCutOff({ stopReason }: AnswerRules): boolean {
  return stopReason === 'max_tokens' || stopReason === 'model_context_window_exceeded';
}

/** The text without the reasoning that some open models put before their answer. */
function withoutThoughts(text: string): string {
  return text.replace(/^<(think|thinking|reasoning)>[\s\S]*?<\/\1>\s*/, '');
}

/** `{\"a\": 1}`: JSON that was escaped as a whole, and whose outer quotes are missing. */
function parseEscaped(text: string): ReturnType<typeof parseExactJson> {
  if (!/^\{\s*\\"/.test(text)) return undefined;
  const inner = parseExactJson(`"${text}"`);
  return inner?.ok && typeof inner.value === 'string' ? parseExactJson(inner.value) : undefined;
}

/** JSON within a JSON string, once. */
function unwrapped(value: Json): Json {
  if (typeof value !== 'string') return value;
  const inner = parseExactJson(value);
  return inner?.ok ? inner.value : value;
}

function unread(reason: string): ParsedAnswer {
  return { parse_status: 'json_failed', errors: [`The answer can't be read: ${reason}.`] };
}

function judge(values: readonly Json[], { validate, tools = [] }: AnswerRules): ParsedAnswer {
  const structures = values
    .filter((value) => typeof value === 'object' && value !== null && !(value instanceof ExactNumber))
    .map((value) => readCallInText(value, tools));
  const pending = structures.find((structure) => structure.kind === 'call');
  if (pending !== undefined) {
    return unread(`it holds a call of ${pending.name} as text, where no tool is run; make a real tool call`);
  }
  const found = structures.flatMap((structure) => (structure.kind === 'call' ? [] : [structure]));
  if (found.length === 0) return unread('there is no JSON object in it');
  const judged = found.map(({ kind, value }): Fitted => {
    const fitted: Fitted = validate === undefined ? { valid: true, value, readings: [] } : fitSchema(value, validate);
    if (!fitted.valid || kind !== 'answer') return fitted;
    return { ...fitted, readings: ['the arguments of a call that was written as text', ...fitted.readings] };
  });
  const fitting = judged.flatMap((fitted) => (fitted.valid ? [fitted] : []));
  const [first] = fitting;
  if (first === undefined) {
    const errors = judged.flatMap((fitted) => (fitted.valid ? [] : fitted.errors));
    return { parse_status: 'validation_failed', errors: [...new Set(errors)].slice(0, 20) };
  }
  if (fitting.some(({ value }) => !isDeepStrictEqual(value, first.value))) {
    return unread('it holds several objects that could be meant; give one alone');
  }
  if (validate === undefined) return { parse_status: 'json_only', value: first.value as Json };
  // A schema of another type than object is refused when the agent is opened.
  return { parse_status: 'success', value: first.value as JsonObject, readings: first.readings };
}
