import type { Reading } from '../reading.ts';
import type { TableWarning } from '../row-source.ts';
import { filledFields, type HeadRecord, usualFields } from './csv/head-records.ts';
import { looksLikeData } from './csv/header-like-data.ts';

/** What the head of a table shows beside how it is read: warnings that name an option, and those options. */
export interface Findings {
  warnings: TableWarning[];
  suggested: Reading;
}

const MOST_TITLE_LINES = 20;

/**
 * Looks for titles above the header, and for a header that is rather a row of data.
 * @param records the first records; `skipped`: lines before the line 1 of the records
 */
export function headerFindings(
  records: readonly HeadRecord[],
  { reading, skipped }: { reading: Reading; skipped: number },
): Findings {
  const findings: Findings = { warnings: [], suggested: {} };
  const first = titleRecords(records, usualFields(records));
  if (first > 0) {
    const all = (records[first]?.line ?? 1) - 1 + skipped;
    const message = `The first ${all === 1 ? 'line looks like a title' : `${all} lines look like titles`} above the table: give --skip-lines ${all} (reading.skip_lines).`;
    findings.warnings.push({ code: 'title_lines', message, line: 1 + skipped });
    findings.suggested.skipLines = all;
  }
  const [header, ...body] = records.slice(first);
  if (reading.header !== undefined || header === undefined) return findings;
  const cells = body.map((record) => record.cells);
  if (looksLikeData(header.cells, cells)) {
    const message =
      'The header looks like a row of data. If the table has no header, give --no-header (reading.header): otherwise that row is not run.';
    findings.warnings.push({ code: 'header_like_data', message, line: header.line + skipped });
    findings.suggested.header = false;
  }
  return findings;
}

/** Number of records before the header: they have fewer fields, or only the first of several is filled. */
export function titleRecords(records: readonly HeadRecord[], { fields }: { fields: number }): number {
  if (fields < 2) return 0;
  const first = records.findIndex(
    (record) => record.cells.length >= fields && filledFields(record) >= Math.min(fields, 2),
  );
  if (first <= 0 || first > MOST_TITLE_LINES) return 0;
  const isTitle = (record: HeadRecord) =>
    record.cells.length < fields || fields > 2 ? filledFields(record) <= Math.max(1, fields / 2) : false;
  const rest = records.slice(first);
  const alike = rest.filter(({ cells }) => cells.length === fields).length;
  return records.slice(0, first).every(isTitle) && alike >= rest.length * 0.8 && rest.length >= 2 ? first : 0;
}
