import * as z from 'zod';
import { strict } from '../base/schema/strict-object.ts';
import { SCOPES } from '../runner/contract/caller.ts';

const name = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(80)
  .regex(/^[^\p{C}]+$/u, 'must have no control characters');

/** What a new key is. */
export const keyRequest = strict({
  name: name.describe('A name of your own, such as the program that uses it.'),
  scope: z
    .enum(SCOPES)
    .default('run')
    .describe('read: see everything; run: also start and change; admin: also keys and the audit log.'),
  owner: name.optional().describe('Whom it is for.'),
  budget_usd_per_day: z
    .number()
    .min(0)
    .max(1e9)
    .optional()
    .describe('What its batches, chat turns and tried agents may spend a day, in dollars.'),
  requests_per_minute: z.int().min(1).max(1_000_000).optional().describe('Its rate limit over HTTP.'),
});

export type KeyRequest = z.input<typeof keyRequest>;

/** A key as it is shown: never the key itself. */
export const keyInfo = z.object({
  id: z.string().describe('Its id; not a secret.'),
  name: z.string().describe('Its name.'),
  origin: z.enum(['environment', 'stored']).describe('environment: one of ROWMILL_API_KEYS, which is revoked there.'),
  scopes: z.array(z.enum(SCOPES)).describe('Its permissions.'),
  owner: z.string().nullable().describe('Whom it is for.'),
  budget_usd_per_day: z.number().nullable().describe('What it may spend a day, in dollars.'),
  requests_per_minute: z.number().nullable().describe('Its rate limit over HTTP.'),
  created_at: z.string().nullable().describe('ISO 8601.'),
  last_used_at: z.string().nullable().describe('ISO 8601, to the hour; null: never, or not known.'),
  revoked_at: z.string().nullable().describe('ISO 8601; null: it is valid.'),
});

export type KeyInfo = z.infer<typeof keyInfo>;
