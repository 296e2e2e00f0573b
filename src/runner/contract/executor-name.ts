import * as z from 'zod';

/** The ways in which a batch's rows can be run: in this process, through provider jobs, or on workers of a fleet. */
export const EXECUTOR_NAMES = ['realtime', 'batch-api', 'fleet'] as const;

/** The name of an executor. */
export const executorName = z.enum(EXECUTOR_NAMES);

/** One of {@link EXECUTOR_NAMES}. */
export type ExecutorName = z.infer<typeof executorName>;
