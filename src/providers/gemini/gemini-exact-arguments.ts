import type { GenerateContentResponse } from '@google/genai';
import { mayHoldExact, parseJson } from '../../base/json/exact-number.ts';

/** Reads the arguments of a stream's tool calls beside the SDK, which rounds long whole numbers in them. */
export interface ExactArguments {
  /** Takes the next bytes of the stream, before the SDK gets them. */
  see(bytes: Uint8Array): void;
  /** The chunk that the SDK made of the next event, with exact arguments. Call it once for each chunk, in order. */
  restore(chunk: GenerateContentResponse): GenerateContentResponse;
}

const EVENT_END = /\r\n\r\n|\n\n|\r\r/;

/** Starts with the first byte of one stream. */
export function createExactArguments(): ExactArguments {
  const decoder = new TextDecoder();
  /** Events that the SDK has not given as chunks yet. */
  const events: string[] = [];
  let rest = '';
  return {
    see(bytes) {
      const pieces = (rest + decoder.decode(bytes, { stream: true })).split(EVENT_END);
      rest = pieces.pop() ?? '';
      events.push(...pieces.map((piece) => piece.trim()).filter((piece) => piece.startsWith('data:')));
    },
    restore(chunk) {
      const event = events.shift();
      if (event === undefined || !mayHoldExact(event)) return chunk;
      const exact = parseJson(event.slice('data:'.length)) as GenerateContentResponse;
      const parts = exact.candidates?.[0]?.content?.parts ?? [];
      chunk.candidates?.[0]?.content?.parts?.forEach((part, index) => {
        const args = parts[index]?.functionCall?.args;
        if (part.functionCall !== undefined && args !== undefined) part.functionCall.args = args;
      });
      return chunk;
    },
  };
}
