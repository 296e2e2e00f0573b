import type Anthropic from '@anthropic-ai/sdk';
import { base64Of, type MediaBlock, type MediaFacts } from '../../protocol/media.ts';
import type { MediaSupport } from '../descriptor.ts';

/** A medium as a block of the Messages API. */
export function toMediaParam(medium: MediaBlock): Anthropic.ImageBlockParam | Anthropic.DocumentBlockParam {
  const data = base64Of(medium);
  if (medium.kind === 'pdf') {
    return { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } };
  }
  return { type: 'image', source: { type: 'base64', media_type: medium.mimeType as ImageType, data } };
}

type ImageType = Anthropic.Base64ImageSource['media_type'];

export const CLAUDE_IMAGES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/** Source: Anthropic's guides to vision and to PDF support. An image of 5 MB is measured in base64. */
export const anthropicMedia: MediaSupport = {
  kinds: {
    image: { types: CLAUDE_IMAGES, maxBytes: 3_932_160, maxEdge: 8000 },
    pdf: { types: ['application/pdf'], maxBytes: 22_000_000 },
  },
  // A request may have 32 MB.
  totalBase64: 30_000_000,
  tokens: claudeTokens,
};

/** Models that see at most 1,568 tokens of an image; later ones see up to 4,784. */
const STANDARD = /claude-(\d|instant|(opus|sonnet|haiku)-4(-[0-6](?!\d)|-20|$))/;
const PATCH = 28;
/** A page is sent as its text, 1,500 to 3,000 tokens, and as an image. */
const PAGE_TEXT_TOKENS = 2250;
const PAGE_IMAGE_TOKENS = 1568;

/** Tokens of a medium for a Claude model: a token for each patch of 28 × 28 pixels, after large images are scaled. */
export function claudeTokens({ kind, width, height, pages }: MediaFacts, model: string): number | undefined {
  if (kind === 'pdf') return pages === undefined ? undefined : pages * (PAGE_TEXT_TOKENS + PAGE_IMAGE_TOKENS);
  if (width === undefined || height === undefined) return undefined;
  const [edge, most] = STANDARD.test(model) ? [1568, 1568] : [2576, 4784];
  const scale = Math.min(1, edge / Math.max(width, height));
  return Math.min(most, Math.ceil((width * scale) / PATCH) * Math.ceil((height * scale) / PATCH));
}
