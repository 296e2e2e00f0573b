import type { SourceRow } from '../../../tables/row-source.ts';
import type { Tables } from '../../../tables/table.ts';
import type { PreviewRequest, TablePreview } from '../../contract/request/preview.ts';
import { readingOf, readingOptionsOf } from '../../contract/request/reading.ts';

/** Reads some rows of a table at a place. */
export async function previewTable(
  { csv_uri: uri, reading, place, limit }: PreviewRequest,
  tables: Pick<Tables, 'openSource'>,
  signal: AbortSignal,
): Promise<TablePreview> {
  const source = await tables.openSource(uri, { reading: readingOf(reading), signal });
  try {
    const rows: SourceRow[] = [];
    let number = 0;
    let isOver = true;
    for await (const page of source.rows(signal)) {
      rows.push(...page.slice(Math.max(0, place - number), Math.max(0, place + limit - number)));
      number += page.length;
      // One more row says that there is a next page.
      if (number > place + limit) {
        isOver = false;
        break;
      }
    }
    return {
      uri: source.uri,
      format: source.format.name,
      reading: source.readAs === undefined ? (reading ?? {}) : readingOptionsOf(source.readAs()),
      sheets: source.sheets?.().map(({ name, isRead }) => ({ name, is_read: isRead })) ?? [],
      columns: source.columns(),
      rows: rows.map((row, index) => ({
        row: place + index,
        line: row.line,
        cells: row.cells,
        fault: row.kind === 'malformed' ? row.reason : null,
      })),
      row_count: isOver ? number : source.total,
      next: isOver ? null : place + limit,
      warnings: source.warnings().map(({ message }) => message),
    };
  } finally {
    await source.close();
  }
}
