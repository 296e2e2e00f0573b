import type OpenAI from 'openai';
import type { ToolSpec } from '../../protocol/messages.ts';
import { toStrictFormOnce } from './openai-schema.ts';

/** The tools of a request in the Responses API's format, and the conversion of the model's input back. */
export interface OpenAiTools {
  tools: OpenAI.Responses.FunctionTool[];
  restore(name: string, input: unknown): unknown;
}

const strictTools = new WeakMap<readonly ToolSpec[], OpenAiTools>();
const plainTools = new WeakMap<readonly ToolSpec[], OpenAiTools>();

/**
 * Made once for each list: strict where the schema allows it, plain otherwise.
 * @param isStrict false for a list whose strict form was refused
 */
export function toTools(specs: readonly ToolSpec[], isStrict: boolean): OpenAiTools {
  const made = isStrict ? strictTools : plainTools;
  const known = made.get(specs);
  if (known !== undefined) return known;
  const restorers = new Map<string, (input: unknown) => unknown>();
  const tools = specs.map(({ name, description, inputSchema }): OpenAI.Responses.FunctionTool => {
    const form = isStrict ? toStrictFormOnce(inputSchema) : undefined;
    if (form !== undefined) restorers.set(name, form.restore);
    const parameters = form?.schema ?? { type: 'object', properties: {}, ...inputSchema };
    return { type: 'function', name, description, parameters, strict: form !== undefined };
  });
  const result: OpenAiTools = { tools, restore: (name, input) => restorers.get(name)?.(input) ?? input };
  made.set(specs, result);
  return result;
}
