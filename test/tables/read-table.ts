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

/** Writes a file and reads it as a table. */
export async function readTable(
  body: Buffer | string,
  name = 'table.csv',
  reading: Reading = {},
  fragment = '',
): Promise<ReadTable> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-reading-')));
  try {
    await writeFile(join(folder, name), body);
    const tables = createTestTables({
      roots: [folder],
    });
    const source = await tables.openSource(`${join(folder, name)}${fragment}`, { reading });
    const rows: SourceRow[] = [];
    for await (const chunk of source.rows()) rows.push(...chunk);
    return {
      columns: source.columns(),
      format: source.format,
      rows,
      cells: rows.map((row) => row.cells),
      warnings: source.warnings(),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
