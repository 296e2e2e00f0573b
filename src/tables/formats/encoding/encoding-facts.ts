/** A file's encoding, and how many bytes its byte order mark takes. */
export interface EncodingFacts {
  /** The name that the WHATWG Encoding Standard gives it. */
  encoding: string;
  bomBytes: number;
  /** From 0 to 1, where the encoding was guessed from the content. */
  confidence?: number;
}
