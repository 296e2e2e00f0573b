import type { ClientSession, Collection, Document } from 'mongodb';
import { AppError } from '../../../base/errors.ts';
import { keyText } from '../../../base/row-place.ts';
import type { Refusal } from '../../row-source.ts';
import type { OutputRecord } from '../../row-writer.ts';
import { bson } from '../connection/driver.ts';
import { isDuplicate } from '../connection/mongo-error.ts';
import { isKeyless, type ResultDocument } from './result-document.ts';

/** How often results are written again after the unique index refused one of them. */
const RACES = 3;

/** A row and its result. */
export interface RowResultDocument {
  record: OutputRecord;
  document: ResultDocument;
  /** The bytes of the document, at most. */
  bytes: number;
}

/** The places of some results. */
export interface Places {
  /** Results whose places are free. */
  added: RowResultDocument[];
  /** Results in whose places there are earlier ones of the same rows. */
  replaced: RowResultDocument[];
  /** Rows whose `query_id` has a result of another row already, in the collection or among these rows. */
  taken: Refusal[];
}

/** The places of results in a collection, one for each `query_id`. */
export interface ResultPlaces {
  /** Contract: in `write` of {@link place}. */
  find(rows: readonly RowResultDocument[], session?: ClientSession): Promise<Places>;
  /** Runs a write, and repeats it where the unique index refuses a result. Contract of `write`: it may be repeated. */
  place<T>(write: () => Promise<T>): Promise<T>;
}

/**
 * Places are taken for new, until the unique index refuses one: from then on the results that are there are read first.
 * To read them always takes as long as to write the results.
 */
export function createResultPlaces(results: Collection<Document>): ResultPlaces {
  let areNew = true;
  return {
    async find(rows, session) {
      const owners = areNew ? new Map<string, Document>() : await ownersOf(rows, results, session);
      const places: Places = { added: [], replaced: [], taken: [] };
      for (const row of rows) {
        const { record, document } = row;
        const id = textOf(document.query_id);
        const owner = owners.get(id);
        if (owner !== undefined && isOther(owner, record)) {
          places.taken.push(refusal(row, String(owner['source_id'])));
          continue;
        }
        owners.set(id, document);
        (owner === undefined ? places.added : places.replaced).push(row);
      }
      return places;
    },
    async place(write) {
      for (let race = 0; ; race += 1) {
        try {
          return await write();
        } catch (thrown) {
          const cause = thrown instanceof AppError ? thrown.cause : thrown;
          if (!isDuplicate(cause) || race === RACES) throw thrown;
          areNew = false;
        }
      }
    },
  };
}

/** The results that are there, by their `query_id`. */
async function ownersOf(
  rows: readonly RowResultDocument[],
  results: Collection<Document>,
  session?: ClientSession,
): Promise<Map<string, Document>> {
  const ids = rows.map(({ document }) => document.query_id);
  const projection = { query_id: 1, source_id: 1, batch_id: 1 };
  const options = { projection, batchSize: ids.length + 1, ...(session && { session }) };
  const found = await results.find({ query_id: { $in: ids as never[] } }, options).toArray();
  return new Map(found.map((document) => [textOf(document['query_id']), document]));
}

/** A row without a permanent key replaces the results of earlier batches, and none of its own batch. */
function isOther(found: Document, record: OutputRecord): boolean {
  const { source_id: source, batch_id: batch } = found;
  if (source === undefined || source === null || source === record.key) return false;
  return !isKeyless(record) || batch === record.batchId;
}

function refusal({ record: { key }, document }: RowResultDocument, owner: string): Refusal {
  const message = `The query_id ${textOf(document.query_id)} of ${keyText(key)} has a result of ${keyText(owner)} already: make it unique.`;
  return { key, error: { code: 'output_failed', message } };
}

/** Types of numbers and ids: equal for the index where their texts are. */
const PLAIN = new Set(['ObjectId', 'Long', 'Int32', 'Double', 'Decimal128', 'UUID']);

/** Equal for ids that the index takes for equal. */
function textOf(id: unknown): string {
  if (typeof id === 'string') return JSON.stringify(id);
  const isPlain = typeof id !== 'object' || id === null || PLAIN.has(String((id as Document)['_bsontype']));
  return isPlain ? String(id) : bson().EJSON.stringify(id, { relaxed: false });
}
