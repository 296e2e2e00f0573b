import type { Document } from 'mongodb';
import { bson } from '../connection/driver.ts';
import { keyOf } from '../documents/document-key.ts';

/** How many bytes of documents are kept at most: more are read and compared value by value. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Documents as a batch read them when it claimed them, until their rows are settled. */
export interface SeenDocuments {
  /** Keeps the bytes of a document. */
  note(key: string, bytes: Uint8Array, document: Document): void;
  /** The ids of those documents that are kept. */
  ids(keys: readonly string[]): unknown[];
  /** The documents that are the same now, by key: with their `_id` and their `query_id` alone. */
  same(now: readonly Uint8Array[]): Map<string, Document>;
  forget(key: string): void;
}

/** Starts empty. To compare bytes takes a tenth of the time that reading a document takes. */
export function createSeenDocuments(): SeenDocuments {
  const seen = new Map<string, { text: string; document: Document }>();
  let size = 0;
  return {
    note(key, bytes, { _id: id, query_id: queryId }) {
      if (size + bytes.length > MOST_BYTES) return;
      const document = queryId === undefined ? { _id: id } : { _id: id, query_id: queryId };
      seen.set(key, { text: textOf(bytes), document });
      size += bytes.length;
    },
    ids: (keys) =>
      keys.flatMap((key) => {
        const found = seen.get(key);
        return found === undefined ? [] : [found.document['_id']];
      }),
    same(now) {
      const same = new Map<string, Document>();
      for (const bytes of now) {
        const key = keyOfBytes(bytes);
        const found = seen.get(key);
        if (found !== undefined && found.text === textOf(bytes)) same.set(key, found.document);
      }
      return same;
    },
    forget(key) {
      size -= seen.get(key)?.text.length ?? 0;
      seen.delete(key);
    },
  };
}

/** A character for each byte: a text costs the garbage collector less than many small arrays. */
function textOf(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('latin1');
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

/** As the connections read: long integers and decimals keep every digit. */
const READING = { promoteLongs: false, promoteBuffers: false } as const;

/** A document of its bytes. */
export function documentOf(bytes: Uint8Array): Document {
  return bson().deserialize(bytes, READING);
}

/** A server sends the `_id` first: its type is the byte after the length, and an ObjectId follows `_id` and a zero. */
function keyOfBytes(bytes: Uint8Array): string {
  if (bytes[4] !== 7 || bytes[5] !== 0x5f || bytes[6] !== 0x69 || bytes[7] !== 0x64) return keyOf(documentOf(bytes));
  return `{"$oid":"${bufferOf(bytes).toString('hex', 9, 21)}"}`;
}
