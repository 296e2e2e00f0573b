import type { AnyBulkWriteOperation, ClientSession, Collection, Document, Filter } from 'mongodb';
import { keyText } from '../../base/row-place.ts';
import type { Refusal } from '../row-source.ts';
import type { OutputRecord } from '../row-writer.ts';
import { isKeyless, type ResultDocument } from './result-document.ts';

/** A row and its result. */
export interface RowResultDocument {
  record: OutputRecord;
  document: ResultDocument;
}

/** Rows whose `query_id` has a result of another row already, in the collection or among these rows, by key. */
export async function findTaken(
  rows: readonly RowResultDocument[],
  results: Collection<Document>,
  session?: ClientSession,
): Promise<Map<string, Refusal>> {
  const taken = new Map<string, Refusal>();
  const ids = rows.map(({ document }) => document.query_id);
  const projection = { query_id: 1, source_id: 1, batch_id: 1 };
  const found = await results
    .find({ query_id: { $in: ids as never[] } }, { projection, ...(session && { session }) })
    .toArray();
  const owners = new Map(found.map((document): [string, Document] => [textOf(document['query_id']), document]));
  for (const { record, document } of rows) {
    const id = textOf(document.query_id);
    const other = owners.get(id);
    if (other !== undefined && isOther(other, record)) {
      const message = `The query_id ${id} of ${keyText(record.key)} has a result of ${keyText(String(other['source_id']))} already: make it unique.`;
      taken.set(record.key, { key: record.key, error: { code: 'output_failed', message } });
    } else owners.set(id, document);
  }
  return taken;
}

/** A row without a permanent key replaces the results of earlier batches, and none of its own batch. */
function isOther(found: Document, record: OutputRecord): boolean {
  const { source_id: source, batch_id: batch } = found;
  if (source === undefined || source === null || source === record.key) return false;
  return !isKeyless(record) || batch === record.batchId;
}

function textOf(id: unknown): string {
  return typeof id === 'string' ? JSON.stringify(id) : String(id);
}

/** The write that puts a result in its place. The unique index refuses it where the place is another row's. */
export function upsert({ record, document }: RowResultDocument): AnyBulkWriteOperation<Document> {
  const { query_id, source_id, batch_id } = document;
  const own = [
    { source_id: { $in: [source_id, null] } },
    ...(isKeyless(record) ? [{ batch_id: { $ne: batch_id } }] : []),
  ];
  return { replaceOne: { filter: { query_id, $or: own } as Filter<Document>, replacement: document, upsert: true } };
}
