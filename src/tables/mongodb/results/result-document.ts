import type { Document } from 'mongodb';
import { keyText } from '../../../base/row-place.ts';
import type { Refusal } from '../../row-source.ts';
import type { OutputRecord } from '../../row-writer.ts';
import { bson } from '../connection/driver.ts';
import { idOf, isObjectId } from '../documents/document-key.ts';
import { bytesAtMost, toBson } from '../documents/to-bson.ts';

/** The largest document of a server, in bytes. */
export const MAX_BYTES = 16 * 1024 * 1024;
/** Bytes of a result beside its query_id, its key and its answer, at most: names, times, counts. */
const FRAME_BYTES = 1_000;

/** The result of a row as it is stored: an answer by the id of its query. */
export interface ResultDocument extends Document {
  query_id: unknown;
  /** The row that the result is of: another row with the same `query_id` is refused. */
  source_id: string;
}

/** A document of a row and its bytes, at most; or why there is none. */
export type Made = { kind: 'made'; document: ResultDocument; bytes: number } | { kind: 'refused'; refusal: Refusal };

/**
 * Makes the result document of a succeeded row. Its `query_id` is that of the source's document, in its own type; else
 * the `_id` of that document; of a row of a file, its cell or its key.
 * @param document the source's document, where there is one
 */
export function resultDocument(record: OutputRecord, document: Document | undefined): Made {
  const made: ResultDocument = {
    query_id: queryId(record, document),
    source_id: record.key,
    classification: toBson(record.output),
    processed_at: new Date(record.endedAt),
    batch_id: record.batchId,
    usage: usageOf(record),
  };
  const bytes = FRAME_BYTES + bytesAtMost([record.output, record.key]) + idBytes(made.query_id);
  if (bytes < MAX_BYTES) return { kind: 'made', document: made, bytes };
  const reason = unstorable(made);
  if (reason === undefined) return { kind: 'made', document: made, bytes: MAX_BYTES };
  const message = `The result of ${keyText(record.key)} can't be stored: ${reason}.`;
  return { kind: 'refused', refusal: { key: record.key, error: { code: 'output_failed', message } } };
}

/** Whether the row has a key of its batch only, because its source has no keys. */
export function isKeyless({ key, batchId, row }: OutputRecord): boolean {
  return key === `${batchId}/${row}`;
}

function queryId(record: OutputRecord, document: Document | undefined): unknown {
  const given = document === undefined ? record.origin.cells[record.columns.indexOf('query_id')] : document['query_id'];
  if (given !== undefined && given !== null && given !== '') return document === undefined ? toBson(given) : given;
  if (document !== undefined) return document['_id'];
  return isKeyless(record) ? record.key : idOf(record.key);
}

function usageOf({ usage, costMicroUsd }: OutputRecord): Document {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    cost_usd: costMicroUsd === null ? null : costMicroUsd / 1e6,
  };
}

/** The bytes of an id at most. Subdocuments, which few ids are, are measured with their document. */
function idBytes(id: unknown): number {
  if (isObjectId(id)) return 12;
  return typeof id !== 'object' || id === null ? bytesAtMost(id) : Number.POSITIVE_INFINITY;
}

/** Why a document can't be stored; undefined for one that can. */
export function unstorable(document: Document): string | undefined {
  try {
    const bytes = bson().calculateObjectSize(document);
    if (bytes > MAX_BYTES) return `it has ${bytes} bytes, and a document may have ${MAX_BYTES}`;
    // The size is calculated without a look at the names.
    bson().serialize(document);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}
