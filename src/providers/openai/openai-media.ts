import type OpenAI from 'openai';
import { dataUriOf, type MediaBlock, type MediaFacts } from '../../protocol/media.ts';
import type { MediaSupport } from '../descriptor.ts';

/** A medium as a part of a message of the Responses API. */
export function toMediaPart(medium: MediaBlock): OpenAI.Responses.ResponseInputContent {
  if (medium.kind === 'image') return { type: 'input_image', image_url: dataUriOf(medium), detail: 'auto' };
  return { type: 'input_file', filename: `${medium.field}.pdf`, file_data: dataUriOf(medium) };
}

/** Source: OpenAI's guides to images and to file inputs. The files of a request may have 50 MB together. */
export const openAiMedia: MediaSupport = {
  kinds: {
    image: { types: ['image/png', 'image/jpeg', 'image/gif', 'image/webp'], maxBytes: 20_000_000 },
    pdf: { types: ['application/pdf'], maxBytes: 32_000_000 },
  },
  totalBase64: 50_000_000,
  tokens,
};

/** A page is sent as its text and as an image. */
const PAGE_TOKENS = 2000;

function tokens({ kind, width, height, pages }: MediaFacts, model: string): number | undefined {
  if (kind === 'pdf') return pages === undefined ? undefined : pages * PAGE_TOKENS;
  if (width === undefined || height === undefined) return undefined;
  const tiles = TILES.find(({ models }) => models.test(model));
  if (tiles !== undefined) return tiles.base + tiles.tile * tileCount(width, height);
  const { factor, most } = PATCHES.find(({ models }) => models.test(model)) ?? { factor: 1, most: 2500 };
  return Math.ceil(factor * Math.min(most, Math.ceil(width / 32) * Math.ceil(height / 32)));
}

/** Models that see an image as tiles of 512 pixels. */
const TILES = [
  { models: /^gpt-4o-mini/, base: 2833, tile: 5667 },
  { models: /^(gpt-4o|gpt-4\.1(?!-(mini|nano))|gpt-4\.5|chatgpt-4o|gpt-4-)/, base: 85, tile: 170 },
  { models: /^(o1|o3)(?!-mini)/, base: 75, tile: 150 },
  { models: /^gpt-5(-chat|-20|-codex|\.1|$)(?!-(mini|nano))/, base: 70, tile: 140 },
];

/** Models that see an image as patches of 32 pixels: the factor of their price, and the most patches. */
const PATCHES = [
  { models: /^(gpt-4\.1|gpt-5)-mini/, factor: 1.62, most: 1536 },
  { models: /^(gpt-4\.1|gpt-5)-nano/, factor: 2.46, most: 1536 },
  { models: /^o4-mini/, factor: 1.72, most: 1536 },
  { models: /-mini/, factor: 1.62, most: 2500 },
  { models: /-nano/, factor: 2.46, most: 2500 },
];

/** An image is scaled into 2048 × 2048 pixels, then to a shorter side of 768. */
function tileCount(width: number, height: number): number {
  const fit = Math.min(1, 2048 / Math.max(width, height));
  const scale = fit * Math.min(1, 768 / (Math.min(width, height) * fit));
  return Math.ceil((width * scale) / 512) * Math.ceil((height * scale) / 512);
}
