import type { Part } from '@google/genai';
import { base64Of, type MediaBlock, type MediaFacts } from '../../protocol/media.ts';
import type { MediaSupport } from '../descriptor.ts';

/** The URIs of uploaded media by their digests. */
export type PlacedMedia = ReadonlyMap<string, string>;

export const NONE_PLACED: PlacedMedia = new Map();

/** A medium as a part of a message: by its URI where it was uploaded, else with its bytes. */
export function toMediaPart(medium: MediaBlock, placed: PlacedMedia): Part {
  const { mimeType, digest } = medium;
  const fileUri = placed.get(digest);
  return fileUri === undefined
    ? { inlineData: { mimeType, data: base64Of(medium) } }
    : { fileData: { mimeType, fileUri } };
}

const MB = 1_000_000;

/** Source: Gemini's guides to images, documents, audio and video. */
export const geminiMedia: MediaSupport = {
  kinds: {
    image: { types: ['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif'], maxBytes: 50 * MB },
    pdf: { types: ['application/pdf'], maxBytes: 50 * MB },
    audio: {
      types: ['audio/wav', 'audio/mp3', 'audio/aiff', 'audio/aac', 'audio/ogg', 'audio/flac'],
      maxBytes: 200 * MB,
    },
    video: {
      types: ['mp4', 'mpeg', 'quicktime', 'avi', 'x-flv', 'webm', 'wmv', '3gpp'].map((type) => `video/${type}`),
      // The Files API takes 2 GB; this is what a row may hold in memory.
      maxBytes: 200 * MB,
    },
  },
  totalBase64: 300 * MB,
  tokens,
};

const TILE_TOKENS = 258;

/** Audio and video are charged by their length, which is not known before they are decoded. */
function tokens({ kind, width, height, pages }: MediaFacts, model: string): number | undefined {
  const isOld = /gemini-[12]/.test(model);
  if (kind === 'pdf') return pages === undefined ? undefined : pages * (isOld ? TILE_TOKENS : 560);
  if (kind !== 'image') return undefined;
  if (!isOld) return 1120;
  if (width === undefined || height === undefined) return undefined;
  const isSmall = width <= 384 && height <= 384;
  return TILE_TOKENS * (isSmall ? 1 : Math.ceil(width / 768) * Math.ceil(height / 768));
}
