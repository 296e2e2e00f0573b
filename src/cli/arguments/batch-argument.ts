/** What commands say about their argument `<batch>`. The runner's `idOf` reads it. */
export const BATCH_ARGUMENT = 'id of the batch, the start of its id, or latest';

/** What "resume" and "retry" say about `--fallback`. */
export const FALLBACK_TEXT =
  'let rows that fit no provider job run in real time, at the full price, although the batch was started with --no-fallback';
