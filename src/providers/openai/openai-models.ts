import type { SamplingRule } from '../shared/sampling.ts';

/** Models that give vectors: they have an endpoint of their own. */
export const EMBEDDINGS = /^text-embedding-/;

/** Models that reason take no sampling. Source: OpenAI's API reference. */
export const SAMPLING: SamplingRule = { both: /^(gpt-(3|4)|chatgpt-4o)/ };
