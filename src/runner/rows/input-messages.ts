import type { AgentDefinition } from '../../agent/definition.ts';
import { count, counted } from '../../base/figures.ts';
import type { MediaBlock } from '../../protocol/media.ts';
import type { Json, JsonObject, Message, UserBlock } from '../../protocol/messages.ts';
import {
  cutFields,
  fillPrompt,
  MAX_FIELD_CHARACTERS,
  type PromptTemplate,
  SYSTEM_PARAMS,
  strayPlaceholders,
} from '../../protocol/prompt-template.ts';
import { markOf, promptInput } from '../media/media-fields.ts';

/**
 * The first messages of a row's run: the agent's prompt filled with the mapped input, or without a prompt the input as
 * JSON. Media come before the text, which names each by its number.
 */
export function inputMessages(agent: AgentDefinition, input: JsonObject, media: readonly MediaBlock[] = []): Message[] {
  const template = templateOf(agent);
  const shown = promptInput(input, media);
  const filled =
    template === undefined ? JSON.stringify(withoutParams(shown)) : fillPrompt(template, shown, maxCharactersOf(agent));
  const text = filled.toWellFormed();
  if (media.length === 0) return [{ role: 'user', content: text }];
  return [{ role: 'user', content: [...media.flatMap(named), { type: 'text', text }] }];
}

/** The system params of a row, for tools that name them; undefined where it has none. */
export function paramsOf({ [SYSTEM_PARAMS]: params }: JsonObject): JsonObject | undefined {
  return typeof params === 'object' && params !== null && !Array.isArray(params) ? (params as JsonObject) : undefined;
}

/** Params reach the model only where a prompt names them. */
function withoutParams(input: JsonObject): JsonObject {
  if (!Object.hasOwn(input, SYSTEM_PARAMS)) return input;
  const { [SYSTEM_PARAMS]: _, ...shown } = input;
  return shown;
}

/** Several media are told apart by a line before each. */
function named(medium: MediaBlock, index: number, { length }: readonly MediaBlock[]): UserBlock[] {
  return length === 1 ? [medium] : [{ type: 'text', text: markOf(medium, index) }, medium];
}

/** The fields of a row's input that were truncated in its prompt. */
export function truncatedFields(agent: AgentDefinition, input: JsonObject | null): string[] {
  const template = templateOf(agent);
  if (template === undefined || input === null) return [];
  return cutFields(template, input, maxCharactersOf(agent));
}

/** Counts rows with fields that were truncated in the prompt, and those fields. */
export function createTruncationCount(agent: AgentDefinition): {
  see(input: JsonObject | null): void;
  rows(): number;
  fields(): Record<string, number>;
} {
  const byField = new Map<string, number>();
  let rows = 0;
  return {
    see(input) {
      const cut = truncatedFields(agent, input);
      if (cut.length > 0) rows += 1;
      for (const field of cut) byField.set(field, (byField.get(field) ?? 0) + 1);
    },
    rows: () => rows,
    fields: () => Object.fromEntries(byField),
  };
}

/** Warnings about an agent's prompt, which do not stop the batch. */
export function promptWarnings(agent: AgentDefinition): string[] {
  const template = templateOf(agent);
  const texts = [agent.instructions, template?.user ?? ''];
  const broken = texts.every((text) => text.isWellFormed())
    ? []
    : ["The agent's instructions or prompt hold half a character (a lone surrogate): U+FFFD is sent in its place."];
  const stray = template === undefined ? [] : strayPlaceholders(template);
  if (stray.length === 0) return broken;
  const names = stray.map((name) => `{${name}}`).join(', ');
  return [
    ...broken,
    `The prompt contains ${names}, which prompt.placeholders does not declare: the text is sent unchanged.`,
  ];
}

/** A batch's warnings plus the number of rows with fields that were truncated in the prompt. */
export function withTruncation(warnings: readonly Json[], agent: AgentDefinition, rows: number): Json[] {
  // A table may be written again after a retry: the earlier warning is replaced.
  const others = warnings.filter((warning) => !isTruncationWarning(String(warning)));
  if (rows === 0) return others;
  const limit = `${count(maxCharactersOf(agent))} characters (limits.max_field_characters)`;
  return [...others, `${TRUNCATION} ${limit} in ${counted(rows, 'row')}.`];
}

/** Whether a warning of a batch is the one of {@link withTruncation}. */
export function isTruncationWarning(warning: string): boolean {
  return warning.startsWith(TRUNCATION);
}

const TRUNCATION = 'Fields of the prompt were cut to';

function templateOf({ prompt }: AgentDefinition): PromptTemplate | undefined {
  return prompt === undefined ? undefined : { user: prompt.user, placeholders: prompt.placeholders ?? [] };
}

function maxCharactersOf({ limits }: AgentDefinition): number {
  return limits.max_field_characters ?? MAX_FIELD_CHARACTERS;
}
