import type { InlinedResponse } from '@google/genai';
import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import {
  type BatchOutcome,
  type BatchResult,
  createdNothing,
  type ResultsOptions,
} from '../provider-jobs/batch-api.ts';
import { withAnswerCall } from '../shared/answer-format.ts';
import { faultInBody, toRefusalFault } from '../shared/service-faults.ts';
import { wireId } from '../shared/wire-id.ts';
import { codeOf } from './gemini-errors.ts';
import { toModelResponse } from './gemini-messages.ts';
import { SERVICE } from './gemini-provider.ts';

const wireResult = z.looseObject({
  key: wireId,
  metadata: z.looseObject({ key: wireId }).nullish().catch(undefined),
  response: z.unknown().optional(),
  error: z
    .looseObject({ code: z.number().default(13), message: z.string().default(''), details: z.unknown().optional() })
    .nullish(),
});

/** One line of a file of results; undefined if it does not say which request it belongs to. */
export function readResult(line: unknown, reading: Reading): BatchResult | undefined {
  const { success, data } = wireResult.safeParse(line);
  const id = data?.key ?? data?.metadata?.key;
  return success && id !== undefined ? { id, outcome: toOutcome(data, reading) } : undefined;
}

/** What an answer is read with. */
type Reading = Pick<ResultsOptions, 'model' | 'answer'>;

/** Inline requests are sent in the order of their ids, so that answers without keys can be matched by their order. */
export const { compare: compareIds } = new Intl.Collator('en', { numeric: true });

/**
 * The inline results of a job, in which some servers drop the keys. Without any key they are matched by order, if there
 * are as many as requests.
 * @throws AppError `model_response_invalid` when they can't be matched
 */
export async function readInlineResults(
  responses: readonly InlinedResponse[],
  { ids, ...reading }: Pick<ResultsOptions, 'model' | 'answer' | 'ids'>,
): Promise<BatchResult[]> {
  const keyed = responses.flatMap((response) => readResult(response, reading) ?? []);
  if (keyed.length > 0 || responses.length === 0) return keyed;
  const known = (await ids?.()) ?? [];
  if (known.length !== responses.length) {
    const text = `Gemini gave ${responses.length} inline answers without keys, and ${known.length} requests wait for one: the answers can't be matched.`;
    throw new AppError('model_response_invalid', text);
  }
  return known.toSorted(compareIds).flatMap((id, index) => {
    const { success, data } = wireResult.safeParse(responses[index]);
    return success ? [{ id, outcome: toOutcome(data, reading) }] : [];
  });
}

/** Whether a job's inline results lack all keys. */
export function lacksKeys(responses: readonly InlinedResponse[]): boolean {
  return responses.length > 0 && responses.every((response) => readResult(response, { model: '' }) === undefined);
}

function toOutcome({ response, error }: z.infer<typeof wireResult>, { model, answer }: Reading): BatchOutcome {
  try {
    const inBody = faultInBody(SERVICE, model, response);
    if (inBody !== undefined) return { kind: 'error', error: createdNothing(inBody) };
    if (!error) return { kind: 'answered', response: withAnswerCall(toModelResponse(response, model), answer?.tool) };
    // CANCELLED of google.rpc.Code.
    if (error.code === 1) return { kind: 'cancelled' };
    const status = RPC_STATUS[error.code] ?? (error.code >= 400 ? error.code : 500);
    const code = codeOf(status, error.message, JSON.stringify(error.details ?? []));
    const refusal = { status, said: error.message, code, cause: error };
    return { kind: 'error', error: createdNothing(toRefusalFault(SERVICE, model, refusal)) };
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    return { kind: 'error', error: thrown };
  }
}

/** google.rpc.Code to HTTP. */
const RPC_STATUS: Record<number, number> = {
  3: 400,
  4: 504,
  5: 404,
  7: 403,
  8: 429,
  9: 400,
  11: 400,
  13: 500,
  14: 503,
  16: 401,
};
