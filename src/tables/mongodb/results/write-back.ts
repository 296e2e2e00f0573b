import type { Document } from 'mongodb';
import { AppError } from '../../../base/errors.ts';
import { keyText } from '../../../base/row-place.ts';
import type { Refusal } from '../../row-source.ts';
import type { OutputRecord, RecordsWriter } from '../../row-writer.ts';
import type { Claims } from '../claims/claims.ts';
import { judge, unchanged } from '../claims/judge.ts';
import { DONE_FIELDS } from '../claims/lease.ts';
import type { OpenedCollection } from '../connection/collection.ts';
import { isTooLarge } from '../connection/mongo-error.ts';
import { toBson } from '../documents/to-bson.ts';
import { heldRow } from './judged-results.ts';
import { unstorable } from './result-document.ts';

/**
 * Sets the answer of each succeeded row in a field of its document, in the one update that sets it to processed. The
 * documents are those of the batch's source.
 */
export async function openWriteBack(
  collection: OpenedCollection,
  claimsOf: (batchId: string) => Claims | undefined,
): Promise<RecordsWriter> {
  return {
    kind: 'records',
    uri: collection.place.uri,
    async write(records) {
      const succeeded = records.filter(({ output }) => output !== null);
      const [first] = succeeded;
      if (first === undefined) return [];
      const claims = claimsOf(first.batchId);
      if (claims === undefined) {
        const fix = 'name a collection of results';
        throw new AppError('output_failed', `${collection.place.uri} takes the answers of its own rows only: ${fix}.`);
      }
      return setAnswers(succeeded, claims, collection.place.field ?? '');
    },
    close: async () => undefined,
  };
}

async function setAnswers(records: readonly OutputRecord[], claims: Claims, field: string): Promise<Refusal[]> {
  const { owner, columns, collection } = claims;
  const { documents, patiently } = collection;
  const now = await claims.read(records.map(({ key }) => key));
  const refused: Refusal[] = [];
  for (const record of records) {
    const document = now.get(record.key);
    const judgement = judge(document, heldRow(record), { owner, columns });
    if (judgement.kind === 'refused') refused.push({ key: record.key, error: judgement.error });
    if (judgement.kind === 'own' && document !== undefined) {
      const refusal = await setAnswer(record, document);
      if (refusal !== undefined) refused.push(refusal);
    }
  }
  const lost = new Set(refused.map(({ key }) => key));
  claims.settled(records.flatMap(({ key }) => (lost.has(key) ? [] : [key])));
  return refused;

  async function setAnswer(record: OutputRecord, document: Document): Promise<Refusal | undefined> {
    const refusal = (code: Refusal['error']['code'], message: string) => ({
      key: record.key,
      error: { code, message },
    });
    const answer = toBson(record.output);
    const reason = unstorable({ [field]: answer });
    if (reason !== undefined)
      return refusal('output_failed', `The answer of ${keyText(record.key)} can't be stored: ${reason}.`);
    try {
      const { matchedCount } = await claims.alone(() =>
        patiently(() =>
          documents.updateOne(unchanged(document, { owner, columns }), { $set: { ...DONE_FIELDS, [field]: answer } }),
        ),
      );
      if (matchedCount === 1) return undefined;
    } catch (thrown) {
      const cause = thrown instanceof AppError ? thrown.cause : thrown;
      if (!isTooLarge(cause)) throw thrown;
      return refusal(
        'output_failed',
        `The document with _id ${keyText(record.key)} would be larger than 16 MB with its answer.`,
      );
    }
    // Changed between the two, or set by an update whose answer was lost.
    const after = judge((await claims.read([record.key])).get(record.key), heldRow(record), {
      owner,
      columns,
    });
    if (after.kind === 'done') return undefined;
    if (after.kind === 'refused') return { key: record.key, error: after.error };
    const text = `The document with _id ${keyText(record.key)} is changed too often. The next run reads it again.`;
    return refusal('row_changed', text);
  }
}
