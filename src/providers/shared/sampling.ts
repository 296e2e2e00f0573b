import type { ModelRequest, Sampling } from '../../protocol/messages.ts';

/** Models that accept both parameters, or one of them at a time; all others accept none. */
export interface SamplingRule {
  both?: RegExp;
  one?: RegExp;
}

/**
 * The part of the request's sampling that its model accepts: a parameter that a model does not know is refused with
 * status 400.
 */
export function samplingFor({ both, one }: SamplingRule, { model, sampling = {} }: ModelRequest): Sampling {
  if (both?.test(model)) return sampling;
  if (!one?.test(model)) return {};
  return sampling.temperature === undefined ? sampling : { temperature: sampling.temperature };
}

/** Sampling under the names of OpenAI's APIs. */
export function toWireSampling({ temperature, topP }: Sampling): { temperature?: number; top_p?: number } {
  return { ...(temperature === undefined ? {} : { temperature }), ...(topP === undefined ? {} : { top_p: topP }) };
}
