import type { ConverseStreamOutput } from '@aws-sdk/client-bedrock-runtime';
import { parseJson } from '../../base/json/exact-number.ts';
import { invalidResponse } from '../shared/service-faults.ts';
import { BEDROCK_SERVICE } from './bedrock-messages.ts';

interface BlockDraft {
  text?: string;
  toolUse?: { toolUseId?: string | undefined; name?: string | undefined; json: string };
  reasoning?: { text: string; signature?: string; redacted?: Uint8Array };
}

/**
 * Assembles a streamed answer and passes its text on as it arrives.
 * @returns the answer in the shape of one that was not streamed
 * @throws AppError `model_response_invalid` when the stream ends early
 */
export async function collectStream(
  events: AsyncIterable<ConverseStreamOutput>,
  onText: (text: string) => void,
): Promise<unknown> {
  const blocks = new Map<number, BlockDraft>();
  let stopReason: string | undefined;
  let usage: unknown;
  for await (const { contentBlockStart, contentBlockDelta, messageStop, metadata } of events) {
    if (contentBlockStart !== undefined) {
      const { toolUse } = contentBlockStart.start ?? {};
      const draft = draftAt(blocks, contentBlockStart.contentBlockIndex);
      if (toolUse !== undefined) draft.toolUse = { toolUseId: toolUse.toolUseId, name: toolUse.name, json: '' };
    }
    if (contentBlockDelta !== undefined) {
      apply(draftAt(blocks, contentBlockDelta.contentBlockIndex), contentBlockDelta.delta ?? {}, onText);
    }
    if (messageStop !== undefined) stopReason = messageStop.stopReason;
    if (metadata !== undefined) usage = metadata.usage;
  }
  if (stopReason === undefined) throw invalidResponse(BEDROCK_SERVICE, 'its stream ended before the answer did');
  const ordered = [...blocks].toSorted(([a], [b]) => a - b);
  const content = ordered.map(([, draft]) => toContent(draft, stopReason === 'max_tokens'));
  return { output: { message: { content } }, stopReason, usage };
}

function draftAt(blocks: Map<number, BlockDraft>, index: number | undefined): BlockDraft {
  const draft = blocks.get(index ?? 0) ?? {};
  blocks.set(index ?? 0, draft);
  return draft;
}

type Delta = NonNullable<NonNullable<ConverseStreamOutput['contentBlockDelta']>['delta']>;

function apply(draft: BlockDraft, delta: Partial<Delta>, onText: (text: string) => void): void {
  const { text, toolUse, reasoningContent } = delta;
  if (text !== undefined) {
    draft.text = `${draft.text ?? ''}${text}`;
    onText(text);
  }
  if (toolUse !== undefined && draft.toolUse !== undefined) draft.toolUse.json += toolUse.input ?? '';
  if (reasoningContent === undefined) return;
  const { text: thought, signature, redactedContent } = reasoningContent;
  draft.reasoning ??= { text: '' };
  if (thought !== undefined) draft.reasoning.text += thought;
  if (signature !== undefined) draft.reasoning.signature = signature;
  if (redactedContent !== undefined) draft.reasoning.redacted = redactedContent;
}

function toContent({ text, toolUse, reasoning }: BlockDraft, isCut: boolean): object {
  if (toolUse !== undefined) {
    const { json, ...named } = toolUse;
    return { toolUse: { ...named, input: parseInput(json, isCut) } };
  }
  if (reasoning === undefined) return { text: text ?? '' };
  const { redacted: redactedContent, ...reasoningText } = reasoning;
  return { reasoningContent: redactedContent === undefined ? { reasoningText } : { redactedContent } };
}

/** The input of a call that the token limit cut off is left empty: it is never used, and not repaired. */
function parseInput(json: string, isCut: boolean): unknown {
  if (json === '') return {};
  try {
    return parseJson(json);
  } catch (cause) {
    if (isCut) return {};
    throw invalidResponse(BEDROCK_SERVICE, 'the input of a tool call is not JSON', cause);
  }
}
