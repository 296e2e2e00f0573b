/** Models that return vectors, by the names of many makers. */
export const EMBEDDINGS = /embed|(^|\/)(bge|gte|e5|multilingual-e5|all-minilm)-/i;
