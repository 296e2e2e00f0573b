/** Models that return vectors: they have an endpoint of their own. */
export const EMBEDDINGS = /^gemini-embedding-/;
