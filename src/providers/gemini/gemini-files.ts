import { setTimeout as sleep } from 'node:timers/promises';
import type { File, GoogleGenAI } from '@google/genai';
import { AppError } from '../../base/errors.ts';
import { base64Length, bytesOf, type MediaBlock } from '../../protocol/media.ts';
import type { ModelRequest } from '../../protocol/messages.ts';
import type { PlacedMedia } from './gemini-media.ts';
import { GEMINI_SERVICE } from './gemini-messages.ts';

/** Media of more base64 than this are uploaded: a request may have 20 MB. */
const INLINE_BASE64 = 14_000_000;
/** Files are kept for 48 hours. */
const KEPT_MS = 47 * 3_600_000;
const MOST_REMEMBERED = 1000;
const POLL_MS = 1000;

/** Uploads the media of requests that are too large to be sent inline. */
export interface GeminiFiles {
  /** The uploaded media of a request; empty where all of them are sent inline. */
  place(client: GoogleGenAI, request: ModelRequest, signal: AbortSignal): Promise<PlacedMedia>;
}

interface Upload {
  at: number;
  uri: Promise<string>;
}

/** The same bytes are uploaded once, whatever row or turn sends them. */
export function createGeminiFiles(now: () => number = Date.now): GeminiFiles {
  const known = new Map<string, Upload>();

  function upload(client: GoogleGenAI, medium: MediaBlock, signal: AbortSignal): Promise<string> {
    const earlier = known.get(medium.digest);
    if (earlier !== undefined && now() - earlier.at < KEPT_MS) return earlier.uri;
    const uri = send(client, medium, signal);
    known.delete(medium.digest);
    known.set(medium.digest, { at: now(), uri });
    for (const [oldest] of known) {
      if (known.size <= MOST_REMEMBERED) break;
      known.delete(oldest);
    }
    // A failed upload is tried again by the next call.
    uri.catch(() => known.get(medium.digest)?.uri === uri && known.delete(medium.digest));
    return uri;
  }

  return {
    async place(client, { messages }, signal) {
      const media = messages.flatMap(({ content }) =>
        typeof content === 'string' ? [] : content.filter((block) => block.type === 'media'),
      );
      const total = media.reduce((sum, { bytes }) => sum + base64Length(bytes), 0);
      const placed = new Map<string, string>();
      if (total <= INLINE_BASE64) return placed;
      for (const medium of media) placed.set(medium.digest, await upload(client, medium, signal));
      return placed;
    },
  };
}

async function send(client: GoogleGenAI, medium: MediaBlock, signal: AbortSignal): Promise<string> {
  const { mimeType } = medium;
  const blob = new Blob([new Uint8Array(bytesOf(medium))], { type: mimeType });
  let file: File = await client.files.upload({ file: blob, config: { mimeType, abortSignal: signal } });
  // A video is processed before it can be used.
  while (file.state === 'PROCESSING' && file.name !== undefined) {
    await pause(signal);
    file = await client.files.get({ name: file.name, config: { abortSignal: signal } });
  }
  if (file.state === 'FAILED' || file.uri === undefined) {
    const why = file.error?.message ?? 'it has no address';
    const text = `${GEMINI_SERVICE} can't use the medium of "${medium.field}": ${why}.`;
    throw new AppError('model_request_invalid', text);
  }
  return file.uri;
}

function pause(signal: AbortSignal): Promise<void> {
  return sleep(POLL_MS, undefined, { signal });
}
