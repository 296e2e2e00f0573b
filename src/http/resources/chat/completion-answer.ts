import { NO_USAGE, type Usage } from '../../../protocol/messages.ts';
import { openAiError } from '../../openai-error.ts';
import type { PlainEvent } from '../../sse.ts';
import type { AnswerEvent } from './model-answers.ts';

/** What all parts of an answer say. */
export interface CompletionHead {
  id: string;
  /** Seconds since the epoch. */
  created: number;
  model: string;
}

/** The answer as one object; the error, where the answer failed. */
export async function wholeCompletion(
  events: AsyncIterable<AnswerEvent>,
  head: CompletionHead,
): Promise<{ completion: object } | { error: Extract<AnswerEvent, { type: 'error' }> }> {
  let content = '';
  let finish = 'stop';
  let usage = NO_USAGE;
  for await (const event of events) {
    if (event.type === 'error') return { error: event };
    if (event.type === 'text-delta') content += event.text;
    if (event.type === 'done') {
      finish = finishReason(event.stop_reason);
      ({ usage } = event);
    }
  }
  const message = { role: 'assistant', content: content.trimEnd(), refusal: null };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finish }];
  return { completion: { ...head, object: 'chat.completion', choices, usage: usageOf(usage) } };
}

/** The answer as chunks. A failure is a chunk with an error, after which no other one comes. */
export async function* completionChunks(
  events: AsyncIterable<AnswerEvent>,
  head: CompletionHead,
  { withUsage }: { withUsage: boolean },
): AsyncGenerator<PlainEvent, void, undefined> {
  const base = { ...head, object: 'chat.completion.chunk' };
  const chunk = (delta: object, finish: string | null) =>
    plain({
      ...base,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(withUsage && { usage: null }),
    });
  yield chunk({ role: 'assistant', content: '' }, null);
  for await (const event of events) {
    if (event.type === 'text-delta') yield chunk({ content: event.text }, null);
    if (event.type === 'error') {
      yield plain(openAiError(event));
      return;
    }
    if (event.type === 'done') {
      yield chunk({}, finishReason(event.stop_reason));
      if (withUsage) yield plain({ ...base, choices: [], usage: usageOf(event.usage) });
      yield { text: '[DONE]' };
    }
  }
}

function plain(data: object): PlainEvent {
  return { text: JSON.stringify(data) };
}

function finishReason(stopReason: string): 'stop' | 'length' | 'content_filter' {
  switch (stopReason) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'refusal':
      return 'content_filter';
    default:
      return 'stop';
  }
}

/** In OpenAI's count, the tokens of the prompt contain the cached ones. */
function usageOf({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Usage): object {
  const prompt = inputTokens + cacheReadTokens + cacheWriteTokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: outputTokens,
    total_tokens: prompt + outputTokens,
    prompt_tokens_details: { cached_tokens: cacheReadTokens },
  };
}
