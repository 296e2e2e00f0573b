import { z } from '@hono/zod-openapi';

/** The path parameter of one batch. */
export const batchPath = z.object({ id: z.string().max(80).openapi({ description: 'The id of the batch.' }) });
