import type { AppError } from '../base/errors.ts';
import { statusOf } from './middleware/error-status.ts';

/** The paths for clients of OpenAI's API; their errors have its shape. */
const OPENAI_PATHS: readonly string[] = ['/v1/chat/completions', '/v1/models'];

/** Whether the errors of a path have OpenAI's shape. */
export function hasOpenAiErrors(path: string): boolean {
  return OPENAI_PATHS.includes(path);
}

/** An error in the shape of OpenAI's API: `code` is ours, `param` the place in the body. */
export function openAiError(
  { code, message, faults = [] }: Pick<AppError, 'message'> & { code: string; faults?: AppError['faults'] },
  status: number = statusOf(code),
): { error: { message: string; type: string; param: string | null; code: string } } {
  const place = faults[0]?.place;
  const param = place?.startsWith('body.') ? place.slice('body.'.length) : null;
  return { error: { message, type: typeOf(status), param, code: code === 'agent_not_found' ? MODEL : code } };
}

/** The code that clients know for a model that does not exist. */
const MODEL = 'model_not_found';

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}
