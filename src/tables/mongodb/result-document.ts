import type { Document } from 'mongodb';
import { ExactNumber } from '../../base/json/exact-number.ts';
import { keyText } from '../../base/row-place.ts';
import type { Refusal } from '../row-source.ts';
import type { OutputRecord } from '../row-writer.ts';
import { idOf } from './document-key.ts';
import { bson } from './driver.ts';

/** The largest document of a server, in bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The result of a row as it is stored: an answer by the id of its query. */
export interface ResultDocument extends Document {
  query_id: unknown;
  /** The row that the result is of: another row with the same `query_id` is refused. */
  source_id: string;
}

/** A document of a row, or why there is none. */
export type Made = { kind: 'made'; document: ResultDocument } | { kind: 'refused'; refusal: Refusal };

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
  const reason = unstorable(made);
  if (reason === undefined) return { kind: 'made', document: made };
  const message = `The result of ${keyText(record.key)} can't be stored: ${reason}.`;
  return { kind: 'refused', refusal: { key: record.key, error: { code: 'output_failed', message } } };
}

/** Whether the row has a key of its batch only, because its source has no keys. */
export function isKeyless({ key, batchId, row }: OutputRecord): boolean {
  return key === `${batchId}/${row}`;
}

function queryId(record: OutputRecord, document: Document | undefined): unknown {
  const given = document === undefined ? record.source['query_id'] : document['query_id'];
  if (given !== undefined && given !== null && given !== '') return document === undefined ? toBson(given) : given;
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

/** Why a document can't be stored; undefined for one that can. */
export function unstorable(document: Document): string | undefined {
  try {
    const bytes = bson().calculateObjectSize(document);
    return bytes > MAX_BYTES ? `it has ${bytes} bytes, and a document may have ${MAX_BYTES}` : undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

/** JSON as BSON, with every digit of a long number. */
export function toBson(value: unknown): unknown {
  if (value instanceof ExactNumber) return longNumber(value.digits);
  if (Array.isArray(value)) return value.map(toBson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, toBson(part)]));
}

function longNumber(digits: string): unknown {
  const { Long, Decimal128 } = bson();
  const isLong = /^-?\d+$/.test(digits) && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits);
  if (isLong) return Long.fromString(digits);
  try {
    return Decimal128.fromString(digits);
  } catch {
    // More than 34 digits: no type of BSON has them.
    return digits;
  }
}
