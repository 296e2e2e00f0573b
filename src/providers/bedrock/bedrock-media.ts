import type { ContentBlock, ImageFormat } from '@aws-sdk/client-bedrock-runtime';
import { bytesOf, type MediaBlock } from '../../protocol/media.ts';
import { CLAUDE_IMAGES, claudeTokens } from '../anthropic/anthropic-media.ts';
import type { MediaSupport } from '../descriptor.ts';

/** A medium as a block of Converse. */
export function toMediaContent(medium: MediaBlock): ContentBlock {
  const source = { bytes: bytesOf(medium) };
  if (medium.kind === 'image') {
    return { image: { format: medium.mimeType.slice('image/'.length) as ImageFormat, source } };
  }
  return { document: { format: 'pdf', name: documentName(medium.field), source } };
}

/** Names may hold letters, digits, single spaces, hyphens, parentheses and square brackets. */
function documentName(field: string): string {
  const name = field.replaceAll(/[^A-Za-z0-9()[\]-]+/g, ' ').trim();
  return name === '' ? 'document' : name.slice(0, 200);
}

/** Source: Amazon Bedrock's guide to Converse. */
export const bedrockMedia: MediaSupport = {
  kinds: {
    image: { types: CLAUDE_IMAGES, maxBytes: 3_750_000, maxEdge: 8000 },
    pdf: { types: ['application/pdf'], maxBytes: 4_500_000 },
  },
  totalBase64: 20_000_000,
  tokens: (medium, model) => (/anthropic\./.test(model) ? claudeTokens(medium, model) : undefined),
};
