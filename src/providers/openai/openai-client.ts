import type OpenAI from 'openai';
import type { Log } from '../../base/log.ts';
import { createLeanFetch, type ProxyVariables } from '../shared/lean-fetch.ts';

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
  return { sdk, client, close: async () => lean?.close() };
}
