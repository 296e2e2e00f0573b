import * as z from 'zod';
import { AppError } from '../../base/errors.ts';

const cursorContent = z.strictObject({
  row: z.int().min(0),
  batch: z.string(),
  status: z.string().optional(),
});

/** An opaque position in the rows of one batch under one status filter. */
export function encodeCursor(row: number, batch: string, status: string | undefined): string {
  return Buffer.from(JSON.stringify({ row, batch, status })).toString('base64url');
}

/**
 * The row at which the next page starts.
 * @throws AppError `invalid_arguments` when it is not a cursor of this batch and filter
 */
export function decodeCursor(cursor: string, batch: string, status: string | undefined): number {
  const parsed = cursorContent.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (!parsed.success) {
    throw new AppError('invalid_arguments', 'cursor does not come from get_batch_results; leave it out to start over.');
  }
  if (parsed.data.batch !== batch || parsed.data.status !== status) {
    throw new AppError(
      'invalid_arguments',
      'cursor belongs to another batch_id or status; leave it out to start over, or repeat the arguments of its page.',
    );
  }
  return parsed.data.row;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the schema refuses it.
    return undefined;
  }
}
