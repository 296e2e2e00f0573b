import type { SamplingRule } from '../shared/sampling.ts';

/** Models that return vectors: they have their own endpoint. */
export const EMBEDDINGS = /^text-embedding-/;

/** Their vectors have one length. Source: OpenAI's API reference. */
export const FIXED_DIMENSIONS = /^text-embedding-ada-/;

/** Models that reason accept no sampling. Source: OpenAI's API reference. */
export const SAMPLING: SamplingRule = { both: /^(gpt-(3|4)|chatgpt-4o)/ };
