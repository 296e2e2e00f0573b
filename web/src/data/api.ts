import createFetchClient from 'openapi-fetch';
import type { components, paths } from '../../../src/client/api.ts';
import { connectionLost } from './connection.ts';
import { ProblemError, problemError } from './problem-error.ts';
import { askForKey } from './sign-in.ts';

/** The schemas of the REST interface by name, such as `Schemas['Batch']`. */
export type Schemas = components['schemas'];

/**
 * The typed client of the REST interface, such as `api.GET('/v1/batches/{id}', { params })`. The browser sends the cookie
 * of its session by itself. Take the body with {@link bodyOf}.
 */
export const api = createFetchClient<paths>({ baseUrl: location.origin, fetch: fetchSignedIn });

/**
 * The body of an answer.
 * @throws ProblemError for every answer that is not a success
 */
export async function bodyOf<Body>(
  answer: Promise<{ data?: Body; error?: unknown; response: Response }>,
): Promise<NonNullable<Body>> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemError(error, response);
  return data as NonNullable<Body>;
}

/**
 * Sends a request of this page. A lost key asks the person for one, then the request is sent again, so that nothing on
 * the page is lost.
 * @throws ProblemError `unreachable` when nothing answers
 */
export async function fetchSignedIn(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await reach(request);
  if (response.status !== 401 || isSignIn(request)) return response;
  await askForKey();
  return reach(again);
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (cause) {
    if (request.signal.aborted) throw cause;
    connectionLost();
    throw new ProblemError('The server does not answer.', { code: 'unreachable', status: 0 });
  }
}

function isSignIn({ method, url }: Request): boolean {
  return method === 'POST' && new URL(url).pathname === '/v1/session';
}
