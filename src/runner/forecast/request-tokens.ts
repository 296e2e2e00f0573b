import { type ModelRequest, textOf } from '../../protocol/messages.ts';
import { descriptorOf, isEmbeddingModel, type NamedModel } from '../../providers/catalog.ts';
import type { Provider } from '../../providers/provider.ts';
import { countTokens } from './count-tokens.ts';

/** Tokens that mark where a prompt and its messages begin and end. */
const FRAME = 3;
/** Tokens of the quotes, colon and comma of a key. */
const KEY = 1.4;

/** About how many tokens a request has, as its model's provider counts them, without media. */
export function countRequest(request: ModelRequest, model: NamedModel, provider: Provider | undefined): number {
  return uncorrectedTokens(request, model, provider) * tokenFactor(model.provider);
}

/** Tokens of a provider for each token of this program's count. */
export function tokenFactor(provider: string): number {
  return descriptorOf(provider)?.tokens?.factor ?? 1;
}

/** About how many tokens a text has for a provider; without one, for most of them. */
export function countText(text: string, provider = ''): number {
  return Math.round(countTokens(text) * tokenFactor(provider));
}

/** {@link countRequest} by the count of this program, before the factor of the provider. */
export function uncorrectedTokens(request: ModelRequest, model: NamedModel, provider: Provider | undefined): number {
  return isEmbeddingModel(model)
    ? countTokens(textOf(request.messages[0]?.content ?? ''))
    : requestTokens(provider?.reads?.(request) ?? readByDefault(request));
}

/** About how many tokens the parts of a request have that the model reads. @param read {@link Provider.reads} */
export function requestTokens(read: object): number {
  return FRAME + tokensOf(read);
}

/** What a model reads of a request whose provider does not say it. */
export function readByDefault({ system, messages, tools }: ModelRequest): object {
  return { system, messages, tools };
}

function tokensOf(value: unknown): number {
  if (typeof value === 'string') return countTokens(value);
  if (value === undefined) return 0;
  if (typeof value !== 'object' || value === null) return 1;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + tokensOf(item), 1);
  return Object.entries(value).reduce((sum, [key, item]) => sum + countTokens(key) + KEY + tokensOf(item), 1);
}
