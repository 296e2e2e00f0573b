import { createHash } from 'node:crypto';
import * as z from 'zod';

const SCOPES = ['batches:read', 'batches:write'] as const;

/** Something that a caller may do. */
export type Scope = (typeof SCOPES)[number];

/** Who asks the runner for something, and through which face. */
export const caller = z.object({
  id: z.string().describe('Stable; no secret.'),
  name: z.string().describe('As it is shown.'),
  face: z.enum(['process', 'cli', 'mcp', 'chat']).describe('How it reached the program.'),
  scopes: z.array(z.enum(SCOPES)).describe('What it may do.'),
  /** Not enforced yet. */
  budget_usd_per_day: z.number().nullable().describe('Its cap in dollars a day; null when it has none of its own.'),
});

export type Caller = z.infer<typeof caller>;

/** Who started a batch, as it is stored and shown. */
export const createdBy = caller.pick({ id: true, name: true, face: true });

/** The person at this machine, or this program itself (`process`): may do everything. */
export function localCaller(face: Caller['face']): Caller {
  return { id: 'local', name: 'local', face, scopes: [...SCOPES], budget_usd_per_day: null };
}

/** A client with one of the environment's keys. Its id is a digest of the key, so that the key itself is kept nowhere. */
export function keyCaller(key: string, face: Caller['face']): Caller {
  const id = `key_${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
  return { ...localCaller(face), id, name: id };
}
