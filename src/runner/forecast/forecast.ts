/** About how many tokens something has: low and high hold the mean of a table's rows. */
export interface TokenRange {
  low: number;
  expected: number;
  high: number;
}

/** The tokens of one model call, or of several together. */
export interface CallForecast {
  input: TokenRange;
  output: TokenRange;
  /** The shares of the input that are written to the provider's cache and read from it; absent: none is expected. */
  cached?: { write: number; read: number };
}

/** What a row is expected to send and to be answered. */
export interface RowForecast {
  /** Model calls. */
  turns: number;
  /** The first call, and all later ones together if there are any. */
  first: CallForecast;
  later?: CallForecast;
  /** What the figures come from, for the basis of an estimate. */
  from: string;
  /** They come from what earlier batches used. */
  isMeasured?: true;
}
