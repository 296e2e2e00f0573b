import { createHash } from 'node:crypto';
import * as z from 'zod';

/** The permissions of callers. Each includes the ones before it. */
export const SCOPES = ['read', 'run', 'admin'] as const;

/** A permission of a caller: to see everything, to start and change, to manage keys and read the audit log. */
export type Scope = (typeof SCOPES)[number];

/** The person or client that calls the runner, and the face that it calls through. */
export const caller = z.object({
  id: z.string().describe('Stable id; not a secret.'),
  name: z.string().describe('Name to show.'),
  face: z.enum(['process', 'cli', 'mcp', 'chat', 'http']).describe('The face that the caller used.'),
  scopes: z.array(z.enum(SCOPES)).describe('Its permissions.'),
  budget_usd_per_day: z
    .number()
    .nullable()
    .describe(
      'What its batches, chat turns and tried agents may spend a day, in dollars; null when it has no cap of its own.',
    ),
  requests_per_minute: z.number().nullable().describe('Its rate limit over HTTP; null when it has none.'),
});

export type Caller = z.infer<typeof caller>;

/** Who started a batch, as it is stored and shown. */
export const createdBy = caller.pick({ id: true, name: true, face: true });

/** The person at this machine, or this program itself (`process`). This caller has every permission. */
export function localCaller(face: Caller['face']): Caller {
  return { id: 'local', name: 'local', face, scopes: [...SCOPES], budget_usd_per_day: null, requests_per_minute: null };
}

/** A client with one of the environment's keys, which has every permission. */
export function keyCaller(key: string, face: Caller['face']): Caller {
  const id = keyIdOf(key);
  return { ...localCaller(face), id, name: id };
}

/** The id of a key: a part of its digest, so that the key itself is never stored. */
export function keyIdOf(key: string): string {
  return `key_${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
}

/** A scope with those that it includes. */
export function scopesUpTo(scope: Scope): Scope[] {
  return SCOPES.slice(0, SCOPES.indexOf(scope) + 1);
}

/** The id of a caller with a budget of its own: what it spends is counted. */
export function budgetKeyOf({ id, budget_usd_per_day: budget }: Caller): string | null {
  return budget === null ? null : id;
}

/** Whether the person at this machine writes the requests of a face. In a chat and over MCP a model writes them. */
export function isOwnFace(face: Caller['face']): boolean {
  return face === 'cli' || face === 'process';
}
