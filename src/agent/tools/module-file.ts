import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import { parseJson } from '../../base/json/exact-number.ts';
import { describeZodError } from '../../base/schema/schema.ts';
import type { JsonObject, JsonSchema } from '../../protocol/messages.ts';
import type { ToolContext } from '../tool.ts';
import type { ModuleOffer } from './module-messages.ts';
import { forModule, moduleJson } from './module-numbers.ts';

const exported = z.object({
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must have 1 to 64 letters, digits, _ or -'),
  description: z.string().min(1),
  inputSchema: z.custom<object>(
    (value) => typeof value === 'object' && value !== null,
    'must be a JSON Schema or zod schema',
  ),
  execute: z.custom<(input: unknown, context: ToolContext) => unknown>(
    (value) => typeof value === 'function',
    'must be a function (input, {signal, log, idempotencyKey})',
  ),
  idempotent: z.boolean().optional(),
  timeoutMs: z.number().positive().optional(),
});

/** A loaded file: what its tool is, and how it is called with JSON. */
export interface ModuleFile {
  offer: ModuleOffer;
  /** @returns the result as JSON */
  execute(input: string, context: ToolContext): Promise<string>;
}

/**
 * Loads a file that exports `tool = {name, description, inputSchema, execute, idempotent?}`. A zod schema also parses the
 * input before `execute`, with its defaults and transforms.
 * @param place the agent and the place in it, for messages
 * @throws AppError `agents_invalid` naming the file and what is wrong with its export
 */
export async function loadModuleFile(file: string, place: string): Promise<ModuleFile> {
  let loaded: Record<string, unknown>;
  try {
    loaded = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('agents_invalid', `${place}: ${file} can't be loaded: ${reason}`, { cause });
  }
  if (loaded['tool'] === undefined) {
    throw new AppError('agents_invalid', `${place}: ${file} exports no "tool". Write: export const tool = { … }.`);
  }
  const parsed = exported.safeParse(loaded['tool']);
  if (!parsed.success) {
    const faults = describeZodError(parsed.error).map((fault) => `tool.${fault}`);
    throw new AppError('agents_invalid', `${place}: ${file} is not a tool: ${faults.join('; ')}.`);
  }
  const { name, description, execute, idempotent = false, timeoutMs } = parsed.data;
  const input = inputOf(parsed.data.inputSchema, `${place}: tool.inputSchema of ${file}`);
  return {
    offer: { name, description, inputSchema: input.schema, idempotent, ...(timeoutMs !== undefined && { timeoutMs }) },
    async execute(text, context) {
      const value = forModule(parseJson(text)) as JsonObject;
      return plain(await execute(input.parse(value), context), name);
    },
  };
}

function inputOf(schema: object, place: string): { schema: JsonSchema; parse: (input: JsonObject) => unknown } {
  if (!('~standard' in schema) && !('_def' in schema)) {
    return { schema: schema as JsonSchema, parse: (input) => input };
  }
  if (!('_zod' in schema)) {
    throw new AppError('agents_invalid', `${place} is a schema of another library than zod 4. Write a JSON Schema.`);
  }
  const zod = schema as unknown as z.ZodType;
  try {
    return { schema: z.toJSONSchema(zod, { io: 'input' }) as JsonSchema, parse: (input) => parseInput(zod, input) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('agents_invalid', `${place} has no JSON Schema: ${reason}`, { cause });
  }
}

function parseInput(zod: z.ZodType, input: JsonObject): unknown {
  const parsed = zod.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new AppError('input_invalid', `The input is not valid: ${describeZodError(parsed.error).join('; ')}.`);
}

/** The value as JSON; undefined becomes null. */
function plain(value: unknown, name: string): string {
  try {
    return moduleJson(value) ?? 'null';
  } catch (cause) {
    throw new AppError('tool_unavailable', `The tool ${name} returned a value that is not JSON.`, { cause });
  }
}
