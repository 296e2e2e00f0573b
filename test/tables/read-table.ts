import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reading } from '../../src/tables/reading.ts';
import type { FormatDescription, SourceRow, TableWarning } from '../../src/tables/row-source.ts';
import { createTestTables } from '../support/tables.ts';

/** All that a source tells of a table. */
export interface ReadTable {
  columns: string[];
  format: FormatDescription;
  rows: SourceRow[];
  cells: unknown[][];
  warnings: TableWarning[];
}

/** Writes a file into a folder of its own, for as long as something is done with it. */
export async function withFile<Result>(
  body: Buffer | string,
  name: string,
  use: (path: string, folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-reading-')));
  try {
    await writeFile(join(folder, name), body);
    return await use(join(folder, name), folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes a file and reads it as a table. */
export async function readTable(
  body: Buffer | string,
  name = 'table.csv',
  reading: Reading = {},
  fragment = '',
): Promise<ReadTable> {
  return withFile(body, name, async (path, folder) => {
    const source = await createTestTables({ roots: [folder] }).openSource(`${path}${fragment}`, { reading });
    const rows: SourceRow[] = [];
    for await (const chunk of source.rows()) rows.push(...chunk);
    return {
      columns: source.columns(),
      format: source.format,
      rows,
      cells: rows.map((row) => row.cells),
      warnings: source.warnings(),
    };
  });
}
