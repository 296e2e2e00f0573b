import type * as z from 'zod';
import { AppError } from '../../base/errors.ts';

/**
 * Arguments of a command as its query.
 * @throws AppError `invalid_arguments`, which names the option
 */
export function parsePeriod<Query>(query: z.ZodType<Query>, given: object): Query {
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const parsed = query.safeParse(named);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`);
  throw new AppError(
    'invalid_arguments',
    `${faults.join('; ')}. A time is a day such as 2026-11-01 or 2026-11-01T08:00:00Z.`,
  );
}
