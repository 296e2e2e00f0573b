import * as z from 'zod';
import { batchRequest } from '../request/request.ts';

/** The request of a draft. */
export const draftedRequest = z
  .looseObject({})
  .refine((given) => Object.keys(given).every((key) => key in batchRequest.shape), {
    error: ({ input }) =>
      `has the unknown keys ${Object.keys(input as object)
        .filter((key) => !(key in batchRequest.shape))
        .join(', ')}`,
  })
  .describe('A batch request in the making: any of its fields, whose values may be unfinished.');

/** A batch request in the making, as every face shows it. */
export const draftReport = z.object({
  draft_id: z.string().describe('The id of the draft.'),
  name: z.string().nullable().describe('A name to show.'),
  request: draftedRequest,
  revision: z.number().describe('From 1, one more with each change.'),
  created_at: z.string().describe('ISO 8601.'),
  updated_at: z.string().describe('ISO 8601.'),
});

export type DraftReport = z.infer<typeof draftReport>;
