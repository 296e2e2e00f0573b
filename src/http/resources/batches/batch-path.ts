import { z } from '@hono/zod-openapi';

/** The path parameter of one batch. */
export const batchPath = z.object({ id: z.string().max(80).openapi({ description: 'The id of the batch.' }) });

/** The path parameters of one row. */
export const rowPath = batchPath.extend({
  row: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .openapi({ type: 'integer', description: 'The number of the row, from 0.' }),
});
