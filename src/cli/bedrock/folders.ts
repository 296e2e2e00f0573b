import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, toAppError } from '../../base/errors.ts';
import type { JsonSchema } from '../../protocol/messages.ts';
import { type Prompts, readAnswerSchema, readPrompts, unreadable } from './documents.ts';

export const JOB_TYPES = ['training', 'validation', 'testing', 'calibration'] as const;
export type JobType = (typeof JOB_TYPES)[number];

/** One table to process, and where its answers go. */
export interface Split {
  /** `train`, `val`, `test`; for other jobs the job's own type. */
  name: string;
  /** A file, or a pattern of the files that are one table. */
  source: string;
  files: string[];
  output: string;
}

/** The content of a job's folder. */
export interface JobFolder {
  splits: Split[];
  /** Splits without a table, with the folder of their output, which is made all the same. */
  emptySplits: { name: string; folder: string }[];
  prompts: Prompts;
  schema: JsonSchema;
  summaryFolder: string;
  warnings: string[];
}

const TABLE = /\.(csv|tsv|jsonl|ndjson|parquet)(\.gz)?$/i;
const TABLES = 'CSV, TSV, JSONL or Parquet file';
const TRAINING_SPLITS = ['train', 'val', 'test'];

/**
 * Reads the folder of a job: `input/data`, `input/templates/prompts.json`, the newest `input/schema/validation_schema_*.json`.
 * @throws AppError with the code of the first fault; its message names every fault with its file
 */
export async function readJobFolder(base: string, jobType: JobType): Promise<JobFolder> {
  const faults: AppError[] = [];
  const reading = async <Value>(work: Promise<Value>): Promise<Value | undefined> =>
    work.catch((thrown: unknown) => {
      faults.push(toAppError(thrown));
      return undefined;
    });
  const found = await reading(findSplits(base, jobType));
  const prompts = await reading(readPrompts(join(base, 'input', 'templates', 'prompts.json')));
  const schema = await reading(readAnswerSchema(join(base, 'input', 'schema')));
  if (found === undefined || prompts === undefined || schema === undefined) {
    const message = faults.map((fault) => fault.message).join('\n');
    throw new AppError(faults[0]?.code ?? 'internal', message, { cause: faults[0] });
  }
  const { splits, emptySplits, warnings } = found;
  const summaryFolder = join(base, 'output', 'summary');
  return { splits, emptySplits, prompts, schema, summaryFolder, warnings: [...warnings, ...prompts.warnings] };
}

/** The tables of a split, each by itself: their columns differ. */
export function separateFiles({ name, files, output }: Split): Split[] {
  return files.map((file) => {
    const extension = TABLE.exec(file)?.[0] ?? '';
    const own = `${basename(file).slice(0, -extension.length)}_processed_data${extension}`;
    return { name, source: file, files: [file], output: join(dirname(output), own) };
  });
}

interface Found {
  splits: Split[];
  emptySplits: JobFolder['emptySplits'];
  warnings: string[];
}

async function findSplits(base: string, jobType: JobType): Promise<Found> {
  const data = join(base, 'input', 'data');
  const output = join(base, 'output', 'data');
  const parts = jobType === 'training' ? await foldersOf(data) : [];
  const all: Found = { splits: [], emptySplits: [], warnings: [] };
  for (const name of parts) {
    const folder = join(data, name);
    const { splits, warnings } = await splitsOf(name, folder, join(output, name, `${name}_processed_data`));
    if (splits.length === 0) {
      warnings.push(`${folder} holds no ${TABLES}: the ${name} split is empty.`);
      all.emptySplits.push({ name, folder: join(output, name) });
    }
    all.splits.push(...splits);
    all.warnings.push(...warnings);
  }
  const found =
    parts.length > 0 ? all : { ...all, ...(await splitsOf(jobType, data, join(output, `${jobType}_processed_data`))) };
  if (found.splits.length > 0) return found;
  throw new AppError(
    'file_not_found',
    `${data} holds no ${TABLES}${parts.length > 0 ? ` in ${parts.join(', ')}` : ''}.`,
  );
}

async function foldersOf(data: string): Promise<string[]> {
  const found = [];
  for (const name of TRAINING_SPLITS) {
    if ((await stat(join(data, name)).catch(() => undefined))?.isDirectory() === true) found.push(name);
  }
  return found;
}

/** All files of one format are one table; its answers have the same format. */
async function splitsOf(name: string, folder: string, output: string): Promise<Pick<Found, 'splits' | 'warnings'>> {
  const files = await filesOf(folder);
  const formatOf = (file: string) => TABLE.exec(file)?.[0];
  // A name that starts with an underscore is a marker of the program that wrote the folder, such as _SUCCESS.
  const others = files.filter((file) => formatOf(file) === undefined && !file.startsWith('_'));
  const warnings =
    others.length === 0 ? [] : [`${folder}: ${others.join(', ')} left out, because each is not a ${TABLES}.`];
  const tables = Map.groupBy(files, formatOf);
  const splits = [...tables].flatMap(([extension, named]): Split[] => {
    if (extension === undefined) return [];
    const paths = named.map((file) => join(folder, file));
    const source = paths.length === 1 ? (paths[0] ?? folder) : join(folder, `*${extension}`);
    return [{ name, source, files: paths, output: `${output}${extension}` }];
  });
  return { splits, warnings };
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(folder, cause);
  });
  return entries.flatMap((entry) => (entry.isDirectory() || entry.name.startsWith('.') ? [] : [entry.name])).toSorted();
}
