import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { AppError, ErrorCode } from '../base/errors.ts';
import { statusOf } from './middleware/error-status.ts';

const fault = z
  .object({
    place: z.string().openapi({ description: 'Where it is.', example: 'body.rows[3].input' }),
    message: z.string().openapi({ description: 'What is wrong there.' }),
    fix: z.string().optional().openapi({ description: 'What to do.' }),
  })
  .openapi('Fault');

/** The body of every answer that is not a success: RFC 9457, with the stable code, and the places of the faults. */
export const problem = z
  .object({
    type: z.string().openapi({ description: 'A URI for the code.', example: 'urn:rowmill:error:invalid_arguments' }),
    title: z.string().openapi({ description: 'The code in words.' }),
    status: z.int().openapi({ description: 'The status of the answer.' }),
    detail: z.string().openapi({ description: 'What went wrong here, and the fix.' }),
    code: z
      .string()
      .openapi({ description: 'A stable code; docs/errors.md lists them.', example: 'invalid_arguments' }),
    place: z.string().optional().openapi({ description: 'Where the first fault is.', example: 'body.rows[3].input' }),
    fix: z.string().optional().openapi({ description: 'The fix of the first fault.' }),
    faults: z.array(fault).optional().openapi({ description: 'Every fault, where there are several.' }),
  })
  .openapi('Problem');

export type Problem = z.infer<typeof problem>;

const answer = {
  description: 'What went wrong, and the fix.',
  content: { 'application/problem+json': { schema: problem } },
};

/** The answers of every documented path that are not a success: `responses: { 200: …, ...FAULTS }`. */
export const FAULTS = { '4XX': answer, '5XX': answer };

/** An error as the body that clients get. */
export function problemOf(
  error: Pick<AppError, 'message'> & { code: string; faults?: AppError['faults'] },
  status: number = statusOf(error.code),
): Problem {
  const { code, message, faults = [] } = error;
  const [first] = faults;
  return {
    type: `urn:rowmill:error:${code}`,
    title: titleOf(code),
    status,
    detail: message,
    code,
    ...(first !== undefined && { place: first.place }),
    ...(first?.fix !== undefined && { fix: first.fix }),
    ...(faults.length > 1 && { faults: [...faults] }),
  };
}

/** Answers with a problem. */
export function answerProblem(c: Context, found: Problem): Response {
  c.header('Content-Type', 'application/problem+json');
  return c.body(JSON.stringify(found), found.status as ContentfulStatusCode);
}

function titleOf(code: ErrorCode | string): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
