import type { AgentDefinition } from '../agent/definition.ts';
import { nearest } from '../base/nearest.ts';
import type { JsonSchema } from '../protocol/messages.ts';
import { placeholdersIn } from '../protocol/prompt-template.ts';
import { type Fault, isRecord } from './agent-faults.ts';

/** `prompt.system` stands for `instructions`: the definition keeps them there. */
export function resolveInstructions(raw: unknown): { value: unknown } | { faults: Fault[] } {
  if (!isRecord(raw) || !isRecord(raw['prompt']) || raw['prompt']['system'] === undefined) return { value: raw };
  if (raw['instructions'] !== undefined) {
    const message = 'is given together with prompt.system, which means the same; give one of the two';
    return { faults: [{ path: ['instructions'], message }] };
  }
  const { system, ...prompt } = raw['prompt'];
  return { value: { ...raw, instructions: system, prompt } };
}

/**
 * Checks the placeholders of a prompt and fills in their list. If an agent has a prompt and no `input`, its placeholders
 * become required input fields of any type.
 */
export function resolvePrompt(definition: AgentDefinition): { definition: AgentDefinition } | { faults: Fault[] } {
  const { prompt, input } = definition;
  if (prompt === undefined) return { definition };
  const fields = propertiesOf(input);
  const placeholders = prompt.placeholders ?? placeholdersIn(prompt.user, fields);
  const faults = placeholderFaults(definition, placeholders, input === undefined ? undefined : fields);
  if (faults.length > 0) return { faults };
  const filled = { ...definition, prompt: { user: prompt.user, placeholders } };
  return { definition: input === undefined ? { ...filled, input: inputOf(placeholders) } : filled };
}

function placeholderFaults(
  { prompt, instructions }: AgentDefinition,
  placeholders: readonly string[],
  fields: string[] | undefined,
): Fault[] {
  const at = ['prompt', 'placeholders'];
  if (placeholders.length === 0) {
    const message = 'is missing; name the fields that prompt.user takes as {name} or {{name}}';
    return [{ path: at, message }];
  }
  const used = placeholdersIn(prompt?.user ?? '', placeholders);
  const faults = placeholders.flatMap((name, index): Fault[] => {
    const path = [...at, index];
    if (placeholders.indexOf(name) < index) return [{ path, message: `is "${name}" for the second time` }];
    if (fields !== undefined && !fields.includes(name)) {
      const near = nearest(name, fields);
      const hint = near === undefined ? `its fields are ${fields.join(', ')}` : `did you mean "${near}"?`;
      return [{ path, message: `is "${name}", which input does not have; ${hint}` }];
    }
    if (used.includes(name)) return [];
    return [{ path, message: `is "${name}", which prompt.user does not use as {${name}} or {{${name}}}` }];
  });
  const inSystem = placeholdersIn(instructions, placeholders);
  if (inSystem.length > 0) {
    const message = `hold the placeholder {${inSystem[0]}}: they are the same for every row; use it in prompt.user`;
    faults.push({ path: ['instructions'], message });
  }
  return faults;
}

function propertiesOf(schema: JsonSchema | undefined): string[] {
  const properties = schema?.['properties'];
  return isRecord(properties) ? Object.keys(properties) : [];
}

function inputOf(placeholders: readonly string[]): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(placeholders.map((name) => [name, {}])),
    required: [...placeholders],
    additionalProperties: false,
  };
}
