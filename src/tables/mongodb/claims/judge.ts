import type { Document, Filter } from 'mongodb';
import { canonicalJson } from '../../../base/json/canonical-json.ts';
import { keyText } from '../../../base/row-place.ts';
import type { Cell } from '../../cell.ts';
import type { HeldRow, Refusal } from '../../row-source.ts';
import { cellsOf, valueAt } from '../documents/document-cells.ts';
import { claimedBy, type Lease } from './lease.ts';

/** What a batch may do with a document: write its result, nothing because that is done, or nothing at all. */
export type Judgement = { kind: 'own' } | { kind: 'done' } | { kind: 'refused'; error: Refusal['error'] };

/** Judges a document as it is now against the row as it was read. */
export function judge(
  document: Document | undefined,
  row: HeldRow,
  { owner, columns }: { owner: string; columns: readonly string[] },
): Judgement {
  const refused = (code: 'claim_lost' | 'row_changed', message: string): Judgement => ({
    kind: 'refused',
    error: { code, message: `The document with _id ${keyText(row.key)} ${message}` },
  });
  if (document === undefined) return refused('row_changed', 'was deleted after it was read. No result is written.');
  const lease: Partial<Lease> = document['rowmill'] ?? {};
  if (lease.owner === owner && lease.state === 'done') return { kind: 'done' };
  if (document['processed'] === true)
    return refused('claim_lost', 'was processed elsewhere. Its result is not replaced.');
  if (lease.owner !== owner || lease.state !== 'claimed') {
    const other = lease.owner === undefined || lease.owner === owner ? 'is free' : `belongs to ${lease.owner}`;
    return refused(
      'claim_lost',
      `${other}: the claim of this batch ran out. No result is written; the next run reads it.`,
    );
  }
  const now = cellsOf(document, columns);
  const changed = columns.filter((_, at) => !isSame(now[at] ?? null, row.cells[at] ?? null));
  if (changed.length === 0) return { kind: 'own' };
  const fields = changed.slice(0, 3).join(', ');
  return refused(
    'row_changed',
    `was changed after it was read (${fields}). No result is written; the next run reads it again.`,
  );
}

/** Most cells are texts and numbers, for which the texts of JSON need not be made. */
function isSame(one: Cell, other: Cell): boolean {
  return one === other || canonicalJson(one) === canonicalJson(other);
}

/** Selects a document only as long as it is as it was read: claimed by the batch, with the same values in its columns. */
export function unchanged(
  document: Document,
  { owner, columns }: { owner: string; columns: readonly string[] },
): Filter<Document> {
  const same = columns.map((path): Filter<Document> => {
    const value = valueAt(document, path);
    return { [path]: value === undefined ? { $exists: false } : { $eq: value } };
  });
  return { _id: document['_id'], ...claimedBy(owner), ...(same.length > 0 && { $and: same }) };
}
