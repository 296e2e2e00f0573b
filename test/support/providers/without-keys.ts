import type { JsonObject } from '../../../src/protocol/messages.ts';

/** Inline answers in the order of their requests and without metadata, as some servers give them. */
export function withoutKeys(text: string): string {
  if (!text.includes('"inlinedResponses"')) return text;
  const batch = JSON.parse(text) as { metadata: { output: { inlinedResponses: { inlinedResponses: JsonObject[] } } } };
  const list = batch.metadata.output.inlinedResponses;
  const rowOf = ({ metadata }: JsonObject) => Number(String((metadata as { key: string }).key).split('-')[1]);
  list.inlinedResponses = list.inlinedResponses
    .toSorted((a, b) => rowOf(a) - rowOf(b))
    .map(({ metadata: _, ...rest }) => rest);
  return JSON.stringify(batch);
}
