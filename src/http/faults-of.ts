import type * as z from 'zod';
import { AppError, type Fault } from '../base/errors.ts';
import { describeZodError } from '../base/schema/schema.ts';

/** The names of the parts of a request, by the names that their validators have. */
const PARTS: { [target: string]: string } = { json: 'body', form: 'body', param: 'path' };

/**
 * The error for a request that its schema refuses: 422 with the number when only lengths are exceeded, 400 otherwise.
 * @param target the part of the request: `json`, `query`, `param`, `header`
 */
export function invalidRequest(error: z.ZodError, target: string): AppError {
  const part = PARTS[target] ?? target;
  const faults = error.issues.map((issue): Fault => {
    const [text = ''] = describeZodError({ issues: [{ ...issue, path: [] }] } as unknown as z.ZodError);
    return { place: placeOf(part, issue.path), message: `${text.replace(/^the value: /, '')}.` };
  });
  const isTooLong = error.issues.every((issue) => issue.code === 'too_big' && issue.origin !== 'number');
  const detail = faults.map(({ place, message }) => `${place}: ${message}`).join(' ');
  return new AppError(isTooLong ? 'limit_exceeded' : 'invalid_arguments', detail, { faults });
}

/** A place in a request as people write it: `body.rows[3].input`. */
export function placeOf(part: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((place, key) => {
    if (typeof key === 'number') return `${place}[${key}]`;
    return /^[\w-]+$/.test(String(key)) ? `${place}.${String(key)}` : `${place}[${JSON.stringify(String(key))}]`;
  }, part);
}
