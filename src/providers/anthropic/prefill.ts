import type { ModelRequest, ModelResponse } from '../../protocol/messages.ts';

/**
 * Models that accept a prefill and continue it: Claude up to 4.5, by its names on both services.
 * Source: Anthropic's Messages API, prefill: 4.6 and later refuse it with status 400.
 */
const TAKES = /(^|anthropic\.)claude-(v?2|instant|3|[a-z]+-4-(20\d{6}|[0-5](?!\d)))/;

/** The prefill of a request, if its model accepts one. */
export function prefillFor({ model, prefill }: Pick<ModelRequest, 'model' | 'prefill'>): string | undefined {
  return prefill !== undefined && TAKES.test(model) ? prefill : undefined;
}

/** An answer with its prefill put back before its first text, so that a transcript holds all of it. */
export function withPrefill(response: ModelResponse, request: Pick<ModelRequest, 'model' | 'prefill'>): ModelResponse {
  const prefill = prefillFor(request);
  const at = response.content.findIndex(({ type }) => type === 'text');
  const first = response.content[at];
  if (prefill === undefined || first?.type !== 'text') return response;
  // A gateway may return the prefill itself, and a job may be older than the prefill: two `{` are never right.
  if (first.text.trimStart().startsWith(prefill)) return response;
  return { ...response, content: response.content.with(at, { type: 'text', text: `${prefill}${first.text}` }) };
}
