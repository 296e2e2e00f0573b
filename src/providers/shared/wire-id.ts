import * as z from 'zod';

/**
 * An id that a provider gives. An empty text or a value of another type is absent: some servers write such ids where
 * they have none, and an answer must not be lost for it.
 */
export const wireId = z.string().min(1).optional().catch(undefined);
