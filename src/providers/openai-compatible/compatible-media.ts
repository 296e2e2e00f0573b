import type { MediaSupport } from '../descriptor.ts';

/** Images alone: servers differ in everything else. How a model counts the tokens of an image is not known. */
export const compatibleMedia: MediaSupport = {
  kinds: { image: { types: ['image/png', 'image/jpeg', 'image/gif', 'image/webp'], maxBytes: 20_000_000 } },
  totalBase64: 50_000_000,
  tokens: () => undefined,
};
