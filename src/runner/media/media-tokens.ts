import type { MediaBlock } from '../../protocol/media.ts';
import { base64Length } from '../../protocol/media.ts';
import type { ModelRequest } from '../../protocol/messages.ts';
import { descriptorOf } from '../../providers/catalog.ts';

/** A model's published rule may have changed: the worst case counts twice as many tokens. */
const DOUBT = 2;
/** Where no rule tells: a token for each byte, at least as many as a page or a picture may have, at most a context. */
const LEAST_UNKNOWN = 20_000;
const MOST_UNKNOWN = 1_000_000;

/** The most tokens that the media of a request may be charged as. */
export function worstMediaTokens(provider: string, { model, messages }: ModelRequest): number {
  let sum = 0;
  for (const medium of mediaIn(messages)) {
    const known = descriptorOf(provider)?.media?.tokens(medium, model);
    sum += known === undefined ? clamp(medium.bytes) : DOUBT * known;
  }
  return sum;
}

/** The characters that the media of a request take as base64. */
export function base64OfMedia({ messages }: Pick<ModelRequest, 'messages'>): number {
  let sum = 0;
  for (const { bytes } of mediaIn(messages)) sum += base64Length(bytes);
  return sum;
}

function* mediaIn(messages: ModelRequest['messages']): Generator<MediaBlock> {
  for (const { content } of messages) {
    if (typeof content === 'string') continue;
    for (const block of content) if (block.type === 'media') yield block;
  }
}

function clamp(bytes: number): number {
  return Math.min(MOST_UNKNOWN, Math.max(LEAST_UNKNOWN, bytes));
}
