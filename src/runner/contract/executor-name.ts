import * as z from 'zod';

/** The ways in which a batch's rows can be run: in this process, or through provider jobs. */
export const EXECUTOR_NAMES = ['realtime', 'batch-api'] as const;

/** The name of an executor. */
export const executorName = z.enum(EXECUTOR_NAMES);

/** One of {@link EXECUTOR_NAMES}. */
export type ExecutorName = z.infer<typeof executorName>;
