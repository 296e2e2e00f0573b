import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import { parseJson } from '../../base/exact-number.ts';
import { describeZodError } from '../../base/schema.ts';
import type { Json, JsonObject, JsonSchema } from '../../protocol/messages.ts';
import type { Tool, ToolContext } from '../tool.ts';
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

/**
 * Loads a file that exports `tool = {name, description, inputSchema, execute, idempotent?}`. Files are loaded once in a
 * process. A zod schema also parses the input before `execute`, with its defaults and transforms.
 * @param place the agent and the place in it, for messages
 * @throws AppError `agents_invalid` naming the file and what is wrong with its export
 */
export async function openModuleTool(path: string, baseDir: string | undefined, place: string): Promise<Tool> {
  const file = moduleFile(path, baseDir, place);
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
  const { name, description, execute, idempotent, timeoutMs } = parsed.data;
  const input = inputOf(parsed.data.inputSchema, `${place}: tool.inputSchema of ${file}`);
  return {
    name,
    description,
    inputSchema: input.schema,
    idempotent: idempotent ?? false,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    async execute(value, context) {
      return plain(await execute(input.parse(forModule(value) as JsonObject), context), name);
    },
  };
}

/**
 * The path of a module's file; the file exists.
 * @throws AppError `agents_invalid`
 */
export function moduleFile(path: string, baseDir: string | undefined, place: string): string {
  if (baseDir === undefined && !isAbsolute(path)) {
    throw new AppError(
      'agents_invalid',
      `${place} is "${path}", a relative path, but the definition comes from no file. Write an absolute path.`,
    );
  }
  const file = resolve(baseDir ?? '/', path);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new AppError('agents_invalid', `${place} names ${file}, which does not exist.`);
  if (!found.isFile()) throw new AppError('agents_invalid', `${place} names ${file}, which is not a regular file.`);
  return file;
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

/** The value after a round trip through JSON; undefined becomes null. */
function plain(value: unknown, name: string): Json {
  if (value === undefined) return null;
  try {
    return parseJson(moduleJson(value) ?? 'null') as Json;
  } catch (cause) {
    throw new AppError('tool_unavailable', `The tool ${name} returned a value that is not JSON.`, { cause });
  }
}
