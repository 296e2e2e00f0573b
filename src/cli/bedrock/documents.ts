import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import { readRegularFile } from '../../base/process/read-regular-file.ts';
import { compileSchema } from '../../base/schema/schema.ts';
import type { JsonSchema } from '../../protocol/messages.ts';
import { placeholdersIn } from '../../protocol/prompt-template.ts';
import { answerFields, toAnswerSchema } from './answer-schema.ts';

/** The content of `input/templates/prompts.json`. */
export interface Prompts {
  systemPrompt: string;
  userPrompt: string;
  /** The placeholders that the user prompt uses. */
  placeholders: string[];
  warnings: string[];
}

/** These documents may have keys for other programs, which are ignored. */
const prompts = z.object({
  system_prompt: z.string().default(''),
  user_prompt_template: z.string().min(1, 'is empty'),
  input_placeholders: z.array(z.string().min(1)).default([]),
});
const objectSchema = z.looseObject({ type: z.literal('object').optional() });

/** @throws AppError `file_not_found` or `invalid_arguments`, which names the file and its fault */
export async function readPrompts(path: string): Promise<Prompts> {
  const { system_prompt, user_prompt_template: template, input_placeholders } = await readDocument(path, prompts);
  const words = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  const declared = [...new Set(input_placeholders.length > 0 ? input_placeholders : words)];
  const used = placeholdersIn(template, declared);
  if (used.length === 0) {
    const fix = 'write the names of columns into it, such as {review}, and into input_placeholders';
    throw new AppError('invalid_arguments', `${path}: user_prompt_template is the same for every record; ${fix}.`);
  }
  const unused = declared.filter((name) => !used.includes(name));
  const warnings = unused.length === 0 ? [] : [`user_prompt_template does not use ${unused.join(', ')}.`];
  const fixed = placeholdersIn(system_prompt, used);
  if (fixed.length > 0) warnings.push(`system_prompt holds ${fixed.join(', ')}; placeholders are not replaced there.`);
  return { systemPrompt: system_prompt, userPrompt: template, placeholders: used, warnings };
}

/**
 * The newest `validation_schema_*.json` of a folder, by modification time; of two with the same time, the last by name.
 * @throws AppError `file_not_found`, `invalid_arguments` or `agents_invalid`, which names the file and its fault
 */
export async function readAnswerSchema(folder: string): Promise<JsonSchema> {
  const path = await newestSchema(folder);
  const schema = toAnswerSchema(await readDocument(path, objectSchema));
  compileSchema(schema, path);
  if (answerFields(schema).length > 0) return schema;
  throw new AppError('invalid_arguments', `${path} has no properties: they are the columns that are added.`);
}

async function newestSchema(folder: string): Promise<string> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(folder, cause);
  });
  let newest: { path: string; at: number } | undefined;
  for (const name of names.filter((one) => /^validation_schema_.*\.json$/.test(one)).toSorted()) {
    const path = join(folder, name);
    const at = (await stat(path)).mtimeMs;
    if (newest === undefined || at >= newest.at) newest = { path, at };
  }
  if (newest !== undefined) return newest.path;
  const fix = 'put the schema of the answers there';
  throw new AppError('file_not_found', `${folder} holds no validation_schema_*.json; ${fix}.`);
}

/** The fault of a file or folder of the job that can't be read. */
export function unreadable(path: string, cause: NodeJS.ErrnoException): AppError {
  const isMissing = cause.code === 'ENOENT' || cause.code === 'ENOTDIR';
  const message = isMissing
    ? `${path} does not exist; --base names the folder that holds input/.`
    : `${path} can't be read: ${cause.message}.`;
  return new AppError('file_not_found', message, { cause });
}

async function readDocument<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
  const text = await (async () => readRegularFile(path))().catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(path, cause);
  });
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('invalid_arguments', `${path} is not valid JSON: ${reason}.`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path: at, message }) => `${at.join('.') || 'it'}: ${message}`);
  throw new AppError('invalid_arguments', `${path} is not valid: ${faults.join('; ')}.`);
}
