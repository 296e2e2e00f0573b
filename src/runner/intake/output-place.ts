import { join } from 'node:path';
import { AppError } from '../../base/errors.ts';
import type { NewBatch } from '../../storage/batches.ts';
import type { BatchPlan } from '../contract/report/plan.ts';
import { type BatchRequest, KEPT_OUTPUT } from '../contract/request/request.ts';
import type { RunnerDeps } from '../deps.ts';
import { writtenStyle } from '../output/written-style.ts';

/**
 * Where the table of a request without an output URI goes, if its place can be named before the batch exists: beside a
 * single local file, or in the folder that a setting names. Null otherwise.
 * @param except places that other batches have reserved
 */
export async function freeOutput(
  { csv_uri, options }: BatchRequest,
  { agent, row_count }: Pick<BatchPlan, 'agent' | 'row_count'>,
  { deps, except }: { deps: RunnerDeps; except?: ReadonlySet<string> },
): Promise<string | null> {
  const { tables, resultsUri } = deps;
  if (agent === null) return null;
  const found = await tables.freeResult(csv_uri, {
    label: agent.name,
    folder: resultsUri,
    style: writtenStyle(options),
    ...(row_count !== null && { rows: row_count }),
    ...(except && { except }),
  });
  return found ?? null;
}

/**
 * Refuses `overwrite` for a place that keeps records, because an option is never ignored.
 * @throws AppError `option_not_supported`
 */
export function checkReplacing(
  uri: string,
  overwrite: boolean | undefined,
  { tables }: Pick<RunnerDeps, 'tables'>,
): void {
  if (overwrite !== true || tables.writerKind(uri) === 'table') return;
  const why = 'a record replaces the earlier one of its own row, and no other is removed';
  throw new AppError(
    'option_not_supported',
    `The output ${uri} keeps a record for each row: ${why}. Leave out --overwrite (options.overwrite).`,
  );
}

/**
 * Stores a batch with its output URI. A place that nobody asked for gives way to another one where another batch has
 * reserved it.
 */
export async function insertWithOutput(
  request: BatchRequest,
  plan: BatchPlan,
  { id, deps, record }: { id: string; deps: RunnerDeps; record: (outputUri: string) => NewBatch },
): ReturnType<RunnerDeps['store']['insertBatch']> {
  const except = new Set<string>();
  for (let outputUri = outputPlace(request, plan, { id, deps }); ; ) {
    const reserves = deps.tables.writerKind(outputUri) === 'table' ? { reserves: outputUri } : {};
    try {
      return await deps.store.insertBatch({ ...record(outputUri), ...reserves });
    } catch (fault) {
      const isTaken = fault instanceof AppError && fault.code === 'output_exists';
      if (!isTaken || request.output_uri !== undefined) throw fault;
      except.add(outputUri);
      const output_uri = await freeOutput(request, plan, { deps, except });
      outputUri = outputPlace(request, { ...plan, output_uri }, { id, deps });
    }
  }
}

/** The output URI of a batch. */
export function outputPlace(
  { output_uri: given }: BatchRequest,
  { output_uri: planned, source_files }: Pick<BatchPlan, 'output_uri' | 'source_files'>,
  { id, deps }: { id: string; deps: RunnerDeps },
): string {
  if (given !== undefined && given !== KEPT_OUTPUT) return given;
  if (given === undefined && planned !== null) return planned;
  const name = source_files > 1 && given === undefined ? `${id}/` : `${id}.csv`;
  const { resultsUri, resultsDir } = deps;
  return given === undefined && resultsUri !== undefined ? `${resultsUri}${name}` : join(resultsDir, name);
}
