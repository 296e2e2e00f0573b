import type { AgentDefinition } from '../agent/definition.ts';
import type { JsonObject, Message } from '../messages.ts';
import { fillPrompt, MAX_FIELD_CHARACTERS, type PromptTemplate, strayPlaceholders } from '../prompt-template.ts';

/** What a row's run begins with: the agent's prompt, filled with the mapped input, or without one the input as JSON. */
export function inputMessages(agent: AgentDefinition, input: JsonObject): Message[] {
  const template = templateOf(agent);
  const content =
    template === undefined ? JSON.stringify(input) : fillPrompt(template, input, maxCharactersOf(agent)).text;
  return [{ role: 'user', content }];
}

/** The fields of a row's input that its prompt holds only in part. */
export function truncatedFields(agent: AgentDefinition, input: JsonObject | null): string[] {
  const template = templateOf(agent);
  if (template === undefined || input === null) return [];
  const max = maxCharactersOf(agent);
  // The text itself is not needed, and long: only a row that has a long field is filled in.
  const mayBeLong = Object.values(input).some((value) => typeof value !== 'string' || value.length > max);
  return mayBeLong ? fillPrompt(template, input, max).cut : [];
}

/** What is odd about an agent's prompt without stopping the work. */
export function promptWarnings(agent: AgentDefinition): string[] {
  const template = templateOf(agent);
  const stray = template === undefined ? [] : strayPlaceholders(template);
  if (stray.length === 0) return [];
  const names = stray.map((name) => `{${name}}`).join(', ');
  return [`The prompt holds ${names}, declared in prompt.placeholders nowhere: it is sent as it stands.`];
}

/** Told once for a batch whose prompts hold some fields in part only; it begins alike, so that a later one replaces it. */
export function truncationWarning(agent: AgentDefinition, rows: number): string {
  const limit = `${maxCharactersOf(agent).toLocaleString('en-GB')} characters (limits.max_field_characters)`;
  return `${TRUNCATION} ${limit} in ${rows} ${rows === 1 ? 'row' : 'rows'}.`;
}

/** What every {@link truncationWarning} begins with. */
export const TRUNCATION = 'Fields of the prompt were cut to';

function templateOf({ prompt }: AgentDefinition): PromptTemplate | undefined {
  return prompt === undefined ? undefined : { user: prompt.user, placeholders: prompt.placeholders ?? [] };
}

function maxCharactersOf({ limits }: AgentDefinition): number {
  return limits.max_field_characters ?? MAX_FIELD_CHARACTERS;
}
