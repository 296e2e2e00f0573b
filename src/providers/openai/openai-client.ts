import type OpenAI from 'openai';
import type { Log } from '../../base/log.ts';
import type { CallDeadline } from '../shared/call-deadline.ts';
import { createLeanFetch, type ProxyVariables } from '../shared/lean-fetch.ts';
import { createLeanPost, type LeanPost, type Posted } from '../shared/lean-post.ts';

/** What {@link openClient} takes. */
export interface ClientOptions {
  /** Undefined for a server that needs none. */
  apiKey: string | undefined;
  baseUrl?: string | undefined;
  /** Default: {@link createLeanFetch}. */
  fetch?: typeof fetch | undefined;
  proxy?: ProxyVariables | undefined;
  log: Log;
}

export interface OpenClient {
  sdk: typeof import('openai');
  client: OpenAI;
  /** Present where it sends through the lean fetch. */
  leanPost: LeanPost | undefined;
  close(): Promise<void>;
}

/** The official SDK, loaded on first use: loading takes a quarter of a second. It neither retries nor logs. */
export async function openClient({ apiKey, baseUrl, fetch, proxy, log }: ClientOptions): Promise<OpenClient> {
  const sdk = await import('openai');
  const lean = fetch === undefined ? createLeanFetch(proxy) : undefined;
  log.debug({ baseUrl }, 'openai client opened');
  const client = new sdk.OpenAI({
    // The SDK requires a key; a header that is null is not sent.
    ...(apiKey === undefined
      ? { apiKey: 'none', organization: null, project: null, defaultHeaders: { Authorization: null } }
      : { apiKey }),
    adminAPIKey: null,
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
    fetch: lean?.fetch ?? fetch,
    // The runner owns retries, each with an intent of its own in the journal.
    maxRetries: 0,
    // The SDK would log bodies.
    logLevel: 'off',
  });
  const leanPost = lean === undefined ? undefined : createLeanPost(client, lean);
  return { sdk, client, leanPost, close: async () => lean?.close() };
}

/** One call that is answered whole. */
interface Call {
  path: string;
  body: object;
  call: CallDeadline;
  mayStillSend: (() => boolean) | undefined;
}

/** Sends a call and reads its whole answer: JSON, or text where the server does not say that it is JSON. */
export async function postJson({ client, leanPost }: OpenClient, { path, body, call, ...rest }: Call): Promise<Posted> {
  const { signal, timeoutMs: timeout } = call;
  const bySdk = async (more: { fetchOptions?: object; signal?: AbortSignal }): Promise<Posted> => {
    const { data, response } = await client.post<unknown>(path, { body, timeout, ...more }).withResponse();
    return { data, headers: response.headers };
  };
  if (leanPost === undefined) return bySdk({ signal });
  return leanPost({ path, body, timeout, cancel: signal, ...rest }, (fetchOptions) => bySdk({ fetchOptions }));
}
