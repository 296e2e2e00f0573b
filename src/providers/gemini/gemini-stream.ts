import type { Candidate, GenerateContentResponse, Part } from '@google/genai';
import type { ExactArguments } from './gemini-exact-arguments.ts';

/**
 * Assembles a streamed answer and passes its text on as it arrives.
 * @returns the answer in the shape of one that was not streamed; without a finish reason where the stream had none
 */
export async function collectStream(
  chunks: AsyncIterable<GenerateContentResponse>,
  { onText, exact }: { onText: (text: string) => void; exact: Pick<ExactArguments, 'restore'> },
): Promise<unknown> {
  const parts: Part[] = [];
  const whole: Record<string, unknown> = {};
  let ending: Partial<Candidate> | undefined;
  for await (const chunk of chunks) {
    const { candidates, promptFeedback, usageMetadata, modelVersion, responseId } = exact.restore(chunk);
    // Counts and the other fields grow from chunk to chunk: the last one is valid.
    for (const [name, value] of Object.entries({ promptFeedback, usageMetadata, modelVersion, responseId })) {
      if (value !== undefined) whole[name] = value;
    }
    const [candidate] = candidates ?? [];
    if (candidate === undefined) continue;
    const { content, ...rest } = candidate;
    ending = { ...ending, ...rest };
    for (const part of content?.parts ?? []) {
      if (part.text !== undefined && part.thought !== true && part.text !== '') onText(part.text);
      append(parts, part);
    }
  }
  return { ...whole, ...(ending === undefined ? {} : { candidates: [{ ...ending, content: { parts } }] }) };
}

/** Pieces of text become one part; a signature ends the part, so that it stays with its own text. */
function append(parts: Part[], part: Part): void {
  const last = parts.at(-1);
  const isContinued = isPlain(part) && last !== undefined && isPlain(last) && last.thought === part.thought;
  if (isContinued && last.thoughtSignature === undefined) last.text = `${last.text}${part.text}`;
  else parts.push({ ...part });
}

function isPlain(part: Part): boolean {
  return Object.keys(part).every((name) => name === 'text' || name === 'thought') && part.text !== undefined;
}
