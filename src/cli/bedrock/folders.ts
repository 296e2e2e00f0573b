import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError } from '../../errors.ts';
import type { JsonSchema } from '../../messages.ts';

export const JOB_TYPES = ['training', 'validation', 'testing', 'calibration'] as const;
export type JobType = (typeof JOB_TYPES)[number];

/** One table to process, and where its answers go. */
export interface Split {
  /** `train`, `val`, `test`; for other jobs the job's own type. */
  name: string;
  /** A file, or a folder of files that are one table. */
  source: string;
  output: string;
}

/** What the folder of a job holds. */
export interface JobFolder {
  splits: Split[];
  systemPrompt: string;
  userPrompt: string;
  placeholders: string[];
  schema: JsonSchema;
  schemaPath: string;
  summaryFolder: string;
}

const TABLE = /\.(csv|tsv|jsonl|ndjson|parquet)(\.gz)?$/;
const TRAINING_SPLITS = ['train', 'val', 'test'];

const prompts = z.object({
  system_prompt: z.string().min(1),
  user_prompt_template: z.string().min(1),
  input_placeholders: z.array(z.string().min(1)).min(1),
});
const objectSchema = z.looseObject({ type: z.literal('object') });

/**
 * Reads the folder of a job: `input/data`, `input/templates/prompts.json`, the newest `input/schema/validation_schema_*.json`.
 * @throws AppError `file_not_found` or `invalid_arguments`, which names the file and what is wrong about it
 */
export async function readJobFolder(base: string, jobType: JobType): Promise<JobFolder> {
  const { system_prompt, user_prompt_template, input_placeholders } = await readDocument(
    join(base, 'input', 'templates', 'prompts.json'),
    prompts,
  );
  const schemaPath = await newestSchema(join(base, 'input', 'schema'));
  return {
    splits: await findSplits(base, jobType),
    systemPrompt: system_prompt,
    userPrompt: user_prompt_template,
    placeholders: [...new Set(input_placeholders)],
    schema: await readDocument(schemaPath, objectSchema),
    schemaPath,
    summaryFolder: join(base, 'output', 'summary'),
  };
}

async function readDocument<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('file_not_found', `${path} can't be read: ${cause.message}.`, { cause });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('invalid_arguments', `${path} is not valid JSON: ${reason}.`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path: at, message }) => `${at.join('.') || 'it'}: ${message}`);
  throw new AppError('invalid_arguments', `${path} does not fit: ${faults.join('; ')}.`);
}

/** By the time of its last change; of two at the same time the one whose name comes last. */
async function newestSchema(folder: string): Promise<string> {
  const files = (await filesOf(folder)).filter((name) => /^validation_schema_.*\.json$/.test(name));
  let newest: { path: string; at: number } | undefined;
  for (const name of files) {
    const path = join(folder, name);
    const at = (await stat(path)).mtimeMs;
    if (newest === undefined || at >= newest.at) newest = { path, at };
  }
  if (newest === undefined) {
    throw new AppError(
      'file_not_found',
      `${folder} holds no validation_schema_*.json; put the schema of the answers there.`,
    );
  }
  return newest.path;
}

async function findSplits(base: string, jobType: JobType): Promise<Split[]> {
  const data = join(base, 'input', 'data');
  const output = join(base, 'output', 'data');
  if (jobType === 'training') {
    const splits: Split[] = [];
    for (const name of TRAINING_SPLITS) {
      const folder = join(data, name);
      const isThere = (await stat(folder).catch(() => undefined))?.isDirectory() === true;
      if (isThere) splits.push(await splitOf(name, folder, join(output, name, `${name}_processed_data`)));
    }
    if (splits.length > 0) return splits;
  }
  return [await splitOf(jobType, data, join(output, `${jobType}_processed_data`))];
}

/** Answers have the format of the first file. */
async function splitOf(name: string, folder: string, output: string): Promise<Split> {
  const files = (await filesOf(folder)).filter((file) => TABLE.test(file));
  const [first] = files;
  if (first === undefined) throw new AppError('file_not_found', `${folder} holds no CSV, TSV, JSONL or Parquet file.`);
  const extension = TABLE.exec(first)?.[0] ?? '.csv';
  return { name, source: files.length === 1 ? join(folder, first) : `${folder}/`, output: `${output}${extension}` };
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('file_not_found', `The folder ${folder} can't be read: ${cause.message}.`, { cause });
  });
  return entries.flatMap((entry) => (entry.isDirectory() || entry.name.startsWith('.') ? [] : [entry.name])).toSorted();
}
