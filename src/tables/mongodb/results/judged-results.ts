import type { Document } from 'mongodb';
import type { HeldRow, Refusal } from '../../row-source.ts';
import type { OutputRecord } from '../../row-writer.ts';
import type { Claims } from '../claims/claims.ts';
import { judge } from '../claims/judge.ts';
import { resultDocument } from './result-document.ts';
import type { RowResultDocument } from './result-places.ts';

/** The results of rows of a collection, judged by their documents as they are now. */
export interface JudgedResults {
  /** Results that may be written. */
  rows: RowResultDocument[];
  refused: Refusal[];
  /** The keys of rows whose results were written before. */
  done: string[];
}

/** Documents of rows, by key. */
interface FoundDocuments {
  /** Documents that the batch has, unchanged since it claimed them. */
  same?: ReadonlyMap<string, Document>;
  /** The others as they are now. */
  now: ReadonlyMap<string, Document>;
}

/** Makes the results of those rows that the batch still has, unchanged since they were read. */
export function judgeResults(
  records: readonly OutputRecord[],
  { same, now }: FoundDocuments,
  { owner, columns }: Claims,
): JudgedResults {
  const judged: JudgedResults = { rows: [], refused: [], done: [] };
  for (const record of records) {
    const unchanged = same?.get(record.key);
    const document = unchanged ?? now.get(record.key);
    const judgement =
      unchanged === undefined ? judge(document, heldRow(record), { owner, columns }) : { kind: 'own' as const };
    if (judgement.kind === 'done') judged.done.push(record.key);
    if (judgement.kind === 'refused') judged.refused.push({ key: record.key, error: judgement.error });
    if (judgement.kind !== 'own') continue;
    const made = resultDocument(record, document);
    if (made.kind === 'made') judged.rows.push({ record, document: made.document, bytes: made.bytes });
    else judged.refused.push(made.refusal);
  }
  return judged;
}

/** The row of a record, as it was read. */
export function heldRow({ key, origin }: OutputRecord): HeldRow {
  return { key, cells: origin.cells };
}
