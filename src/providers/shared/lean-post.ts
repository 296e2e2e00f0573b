import { type LeanFetch, leanOptions } from './lean-fetch.ts';

/** The part of an SDK's client that makes its requests. The Anthropic SDK and the OpenAI SDK have it. */
interface RequestMaker {
  buildRequest(options: { method: 'post'; path: string; body: unknown; timeout: number }): Promise<{
    url: string;
    req: { headers?: unknown };
  }>;
}

/** One call. */
interface Post {
  path: string;
  body: object;
  /** As the SDK takes it: it stands in the headers. */
  timeout: number;
  mayStillSend: (() => boolean) | undefined;
  cancel: AbortSignal;
}

/** A complete answer: its JSON and its headers. */
export interface Posted {
  data: unknown;
  headers: Pick<Headers, 'get'>;
}

/**
 * Posts JSON as the client of an SDK does.
 * @param bySdk makes the same call by the SDK, with these fetch options
 */
export type LeanPost = (post: Post, bySdk: (fetchOptions: object) => Promise<Posted>) => Promise<Posted>;

/**
 * Posts without what an SDK does anew for each call. The SDK makes the address and the headers, once for calls that are
 * alike. An answer that is not JSON with status 200, and a fault of the connection, is given to the SDK, which makes
 * its own error of it.
 *
 * Contract: only for a client with a fixed key, without middleware, traces and retries.
 * @param lean of the fetch of the client
 */
export function createLeanPost(client: unknown, lean: Pick<LeanFetch, 'post'>): LeanPost {
  const maker = client as RequestMaker;
  let kept: { of: string; made: ReturnType<RequestMaker['buildRequest']> } | undefined;
  return async ({ path, body, timeout, ...sending }, bySdk) => {
    const of = `${timeout} ${path}`;
    if (kept?.of !== of) kept = { of, made: maker.buildRequest({ method: 'post', path, body: {}, timeout }) };
    const { url, req } = await kept.made;
    const outcome = lean.post(url, { headers: req.headers as Headers, body: JSON.stringify(body), ...sending });
    const response = await outcome.catch((): undefined => undefined);
    const isJson = response?.headers.get('content-type')?.startsWith('application/json');
    if (response?.status !== 200 || !isJson) return bySdk(leanOptions({ outcome }));
    return { data: await response.json(), headers: response.headers };
  };
}
