/** The ways in which a batch's rows can be run. */
export const EXECUTOR_NAMES = ['realtime', 'batch-api'] as const;

/** One of {@link EXECUTOR_NAMES}. */
export type ExecutorName = (typeof EXECUTOR_NAMES)[number];
