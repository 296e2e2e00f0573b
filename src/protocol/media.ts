import { AppError } from '../base/errors.ts';

/** The kinds of media that a field of an agent's input may hold. */
export const MEDIA_KINDS = ['image', 'pdf', 'audio', 'video'] as const;

export type MediaKind = (typeof MEDIA_KINDS)[number];

/** The properties of a medium, without its bytes. */
export interface MediaFacts {
  kind: MediaKind;
  /** Found in the bytes, never only declared. */
  mimeType: string;
  bytes: number;
  /** Size of an image in pixels, where its header states it. */
  width?: number;
  height?: number;
  /** Pages of a PDF, where they can be counted without decoding it. */
  pages?: number;
}

/**
 * A medium in a message. In JSON, and so in the journal, in traces and in the hashes of the cache, it is its digest, type
 * and size: JSON leaves functions out.
 */
export interface MediaBlock extends MediaFacts {
  type: 'media';
  /** The input field that holds it; the name of its file where a provider wants one. */
  field: string;
  /** SHA-256 of its bytes, in hexadecimal digits. */
  digest: string;
  /** Its bytes; absent in messages that come from the journal. */
  content?: () => Buffer;
}

/** The bytes of a medium as base64, as providers take them. */
export function base64Of(medium: MediaBlock): string {
  return bytesOf(medium).toString('base64');
}

/** The bytes of a medium as a data URI. */
export function dataUriOf(medium: MediaBlock): string {
  return `data:${medium.mimeType};base64,${base64Of(medium)}`;
}

/** The bytes of a medium. */
export function bytesOf({ content, field }: MediaBlock): Buffer {
  if (content === undefined)
    throw new AppError('internal', `The medium of "${field}" was not opened before it was sent.`);
  return content();
}

/** The size of a medium in base64, in characters. */
export function base64Length(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}
