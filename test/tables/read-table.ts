import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSilentLog } from '../../src/base/log.ts';
import type { FormatFacts, SourceRow, TableWarning } from '../../src/tables/table.ts';
import { createTables } from '../../src/tables/tables.ts';

/** All that a source tells of a table. */
export interface ReadTable {
  columns: string[];
  facts: FormatFacts;
  rows: SourceRow[];
  cells: unknown[][];
  warnings: TableWarning[];
}

/** Writes a file and reads it as a table. */
export async function readTable(body: Buffer | string, name = 'table.csv'): Promise<ReadTable> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-reading-')));
  try {
    await writeFile(join(folder, name), body);
    const tables = createTables({
      roots: [folder],
      s3: () => Promise.reject(new Error('no S3')),
      log: createSilentLog(),
    });
    const source = await tables.openSource(join(folder, name));
    const rows: SourceRow[] = [];
    for await (const chunk of source.rows()) rows.push(...chunk);
    return {
      columns: source.columns(),
      facts: source.facts,
      rows,
      cells: rows.map((row) => row.cells),
      warnings: source.warnings(),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
