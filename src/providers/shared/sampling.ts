import type { ModelRequest, Sampling } from '../../protocol/messages.ts';

/** Models that take both parameters, one of them at a time, or (all others) none. */
const TAKES: { [provider: string]: { both?: RegExp; one?: RegExp } } = {
  openai: { both: /^(gpt-(3|4)|chatgpt-4o)/ },
  'openai-compatible': { both: /./ },
  gemini: { both: /./ },
  // Claude 4.1 to 4.5 refuse the two together, 4.6 and later refuse each.
  bedrock: {
    both: /anthropic\.claude-(v2|instant|3|(opus|sonnet)-4-20)|^(?!.*anthropic\.)/,
    one: /anthropic\.claude-[a-z]+-4-[1-5](?!\d)/,
  },
};

/**
 * What of the wished sampling the request's model takes. Models of Anthropic's own API take none.
 * Source: each provider's reference; a parameter that a model does not know is refused with status 400.
 */
export function samplingFor(provider: string, { model, sampling = {} }: ModelRequest): Sampling {
  const { both, one } = TAKES[provider] ?? {};
  if (both?.test(model)) return sampling;
  if (!one?.test(model)) return {};
  return sampling.temperature === undefined ? sampling : { temperature: sampling.temperature };
}

/** Sampling under the names of OpenAI's APIs. */
export function toWireSampling({ temperature, topP }: Sampling): { temperature?: number; top_p?: number } {
  return { ...(temperature === undefined ? {} : { temperature }), ...(topP === undefined ? {} : { top_p: topP }) };
}
