import type { SamplingRule } from '../shared/sampling.ts';

/** Models that return vectors: they have their own endpoint. */
export const EMBEDDINGS = /^text-embedding-/;

/** Models that reason accept no sampling. Source: OpenAI's API reference. */
export const SAMPLING: SamplingRule = { both: /^(gpt-(3|4)|chatgpt-4o)/ };
