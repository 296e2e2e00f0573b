import { MEDIA_KINDS } from '../../protocol/media.ts';
import type { MediaLimit, MediaSupport } from '../descriptor.ts';

const ANY: MediaLimit = { types: ['image/*', 'application/pdf', 'audio/*', 'video/*'], maxBytes: 50_000_000 };

/** A script looks at no medium, so it takes all kinds; it is free, so their tokens do not count. */
export const scriptedMedia: MediaSupport = {
  kinds: Object.fromEntries(MEDIA_KINDS.map((kind) => [kind, ANY])),
  totalBase64: 100_000_000,
  tokens: () => 0,
};
