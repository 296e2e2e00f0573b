import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { AssistantBlock, ModelRequest, ModelResponse, UserBlock } from '../../protocol/messages.ts';
import type { Provider } from '../provider.ts';

/** The provider of the opaque block that marks a transcript as the fallback model's. */
const MARK = 'rowmill-fallback';

export interface FallbackOptions {
  /** The model that is called first. */
  model: string;
  /** The model that answers when the first is not served, or refuses the request as invalid. */
  fallback: string;
  log: Log;
}

/**
 * A provider that switches to another model when the first is not served. If the first is unknown, or has never answered
 * and refuses a first turn as invalid, the process stays with the fallback. A model that has answered is not given up
 * for one request that it refuses. A transcript stays with the model that started it: the fallback's answers start with
 * a mark, which is never sent.
 */
export function withFallback(provider: Provider, { model, fallback, log }: FallbackOptions): Provider {
  let hasAnswered = false;
  let isGivenUp = false;
  /** All names of the fallback: the provider may route it under another name. */
  const fallbackNames = new Set([fallback]);
  const within = (request: ModelRequest) => provider.route?.(request) ?? request;
  const route = (request: ModelRequest): ModelRequest => {
    if (request.model !== model) return within(request);
    const began = beganWith(request);
    const useFallback = began === undefined ? isGivenUp : began === 'fallback';
    if (!useFallback) return within(request);
    const routed = within({ ...request, model: fallback });
    fallbackNames.add(routed.model);
    return routed;
  };
  return {
    ...provider,
    route,
    adopt(request, response) {
      const given = provider.adopt?.(request, response) ?? response;
      return fallbackNames.has(request.model) ? marked(given) : unmarked(given);
    },
    async respond(given, options) {
      const request = route(given);
      if (fallbackNames.has(request.model)) return marked(await provider.respond(request, options));
      try {
        const response = await provider.respond(request, options);
        hasAnswered = true;
        return response;
      } catch (thrown) {
        const isLost = thrown instanceof AppError && isUnserved(thrown, hasAnswered);
        if (!isLost || beganWith(request) !== undefined) throw thrown;
        if (!isGivenUp) log.warn({ model, fallback, reason: thrown.message }, 'the model is replaced by its fallback');
        isGivenUp = true;
        throw new AppError(thrown.code, thrown.message, { retryable: true, cause: thrown });
      }
    },
  };
}

/** Whether a model is given up for a fault. A retryable fault needs no fallback: the call is repeated. */
function isUnserved({ code, retryable }: AppError, hasAnswered: boolean): boolean {
  return !retryable && (code === 'model_unknown' || (code === 'model_request_invalid' && !hasAnswered));
}

function beganWith({ messages }: ModelRequest): 'model' | 'fallback' | undefined {
  const answer = messages.find(({ role }) => role === 'assistant');
  if (answer === undefined || typeof answer.content === 'string') return undefined;
  return answer.content.some(isMark) ? 'fallback' : 'model';
}

/** The mark comes first: an answer's last block shows whether it was cut off. */
function marked(response: ModelResponse): ModelResponse {
  const mark: AssistantBlock = { type: 'opaque', provider: MARK, value: null };
  return { ...response, content: [mark, ...unmarked(response).content] };
}

/** An answer from the cache may come from another agent's fallback. */
function unmarked(response: ModelResponse): ModelResponse {
  if (!response.content.some(isMark)) return response;
  return { ...response, content: response.content.filter((block) => !isMark(block)) };
}

function isMark(block: AssistantBlock | UserBlock): boolean {
  return block.type === 'opaque' && block.provider === MARK;
}
