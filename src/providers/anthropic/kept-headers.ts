import type Anthropic from '@anthropic-ai/sdk';

/** What the SDK makes a request's headers from. */
interface HeaderParts {
  method: string;
  bodyHeaders: Record<string, string> | undefined;
  retryCount: number;
  timeout: number;
  options: { headers?: unknown; idempotencyKey?: unknown };
}

/** The method of the SDK's client that makes them, which its types do not show. */
interface HeaderMaker {
  buildHeaders?(parts: HeaderParts): Promise<Headers>;
}

/**
 * Lets a client use the headers of its last request again where they would be the same: the SDK builds them anew for each
 * call, which takes a tenth of a call's processor time. A client without that method is left as it is.
 *
 * Contract: only for a client with a fixed key and without middleware, which could change the headers.
 */
export function keepHeaders(client: Anthropic): void {
  const maker = client as unknown as HeaderMaker;
  const build = maker.buildHeaders?.bind(client);
  if (build === undefined) return;
  let kept: { of: string; headers: Promise<Headers> } | undefined;
  maker.buildHeaders = (parts) => {
    const { method, bodyHeaders, retryCount, timeout, options } = parts;
    if (options.headers !== undefined || options.idempotencyKey !== undefined) return build(parts);
    const of = `${method} ${bodyHeaders?.['content-type']} ${retryCount} ${timeout}`;
    if (kept?.of !== of) kept = { of, headers: build(parts) };
    return kept.headers;
  };
}
