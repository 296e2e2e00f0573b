import { AppError } from '../../base/errors.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { WrittenStyle } from '../../tables/row-writer.ts';
import type { RunnerDeps } from '../deps.ts';
import type { ExportStatus } from '../runner.ts';
import { planOf, sourceRows, storedStatus } from './results.ts';

/**
 * Writes the source columns of the rows with one status to a table.
 * @throws AppError `invalid_arguments` when the place takes records and not a table
 */
export async function exportSource(
  batch: BatchRecord,
  uri: string,
  {
    status,
    style,
    overwrite,
    deps,
  }: { status: ExportStatus; style: WrittenStyle; overwrite: boolean; deps: RunnerDeps },
): Promise<{ uri: string; bytes: number }> {
  const { columnTypes } = planOf(batch);
  const types = columnTypes === undefined ? {} : { types: columnTypes };
  const writer = await deps.tables.openWriter(uri, batch.columns ?? [], {
    ...{ ...style, ...types, overwrite },
    batchId: batch.id,
  });
  if (writer.kind !== 'table') {
    await writer.close();
    throw new AppError('invalid_arguments', `${uri} takes single records; export rows by status to a file.`);
  }
  try {
    for await (const rows of sourceRows(batch, deps.store, storedStatus(status))) await writer.write(rows);
    return await writer.commit();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
