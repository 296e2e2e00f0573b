/** What commands say about their argument `<batch>`. The runner's `idOf` reads it. */
export const BATCH_ARGUMENT = 'id of the batch, the start of its id, or latest';
