import { AppError } from '../../base/errors.ts';
import type { Provider, RespondOptions } from '../provider.ts';
import { withinDeadline } from '../shared/call-deadline.ts';
import { createLeanFetch, leanOptions, type ProxyVariables } from '../shared/lean-fetch.ts';
import { MAX_ANSWER_BYTES, toPayload, toRemoteResponse, unusable } from '../shared/remote-agent.ts';
import { retryAfterOf, type Service, toConnectionFault, toRefusalFault } from '../shared/service-faults.ts';

/** What {@link createHttpAgentProvider} takes. */
export interface HttpAgentOptions {
  /** With `${NAME}` references, like the values of `headers`. */
  url: string;
  headers: Record<string, string>;
  variable(name: string): string | undefined;
  proxy?: ProxyVariables | undefined;
}

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
/** How much of a refusal's body its message shows. */
const SHOWN = 300;

/** Agents behind a URL: a row is one POST of `{messages, input}`, with the run's key as its idempotency key. */
export function createHttpAgentProvider(options: HttpAgentOptions): Provider {
  const { url, headers, variable, proxy } = options;
  const missing = [url, ...Object.values(headers)]
    .flatMap((text) => [...text.matchAll(REFERENCE)].map(([, name = '']) => name))
    .filter((name) => (variable(name) ?? '') === '');
  const resolved = (text: string) => text.replace(REFERENCE, (_, name: string) => variable(name) ?? '');
  const lean = createLeanFetch(proxy);
  const address = resolved(url);
  const host = URL.canParse(address) ? new URL(address).host : url;
  const service: Service = {
    name: host,
    credentials: 'target.headers of the agent',
    address: 'target.url of the agent',
    addCredit: 'Raise it there, then resume.',
  };
  return {
    name: 'http-agent',
    server: `http-agent ${JSON.stringify([url, headers])}`,
    ...(missing.length === 0 ? {} : { lacks: () => [...new Set(missing)].join(' and ') }),
    async respond(request, sending) {
      const model = request.model;
      const { status, text, retryAfterMs } = await withinDeadline(host, sending, {
        send: ({ signal }) =>
          post(
            lean.fetch,
            { address, headers: headersOf(resolved, headers, sending), body: toPayload(request) },
            { signal, sending, host },
          ),
        toFault: (thrown) => (thrown instanceof AppError ? thrown : toConnectionFault(service, thrown)),
      });
      if (status >= 200 && status < 300) return toRemoteResponse(host, model, text);
      const said = text.trim() === '' ? 'it gives no reason' : text.slice(0, SHOWN);
      if (status === 404)
        throw new AppError('model_unknown', `${host} has no agent at target.url of the agent (status 404): ${said}`);
      throw toRefusalFault(service, model, { status, said, retryAfterMs, cause: text });
    },
    close: () => lean.close(),
  };
}

function headersOf(
  resolved: (text: string) => string,
  headers: Record<string, string>,
  { idempotencyKey }: RespondOptions,
): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), resolved(value)])),
    'content-type': 'application/json',
    accept: 'application/json',
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  };
}

async function post(
  fetch: typeof globalThis.fetch,
  { address, headers, body }: { address: string; headers: Record<string, string>; body: string },
  { signal, sending, host }: { signal: AbortSignal; sending: RespondOptions; host: string },
): Promise<{ status: number; text: string; retryAfterMs: number | undefined }> {
  const { mayStillSend } = sending;
  const init = { method: 'POST', headers, body, ...leanOptions({ cancel: signal, mayStillSend }) };
  const response = await fetch(address, init);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw unusable(host, `it is larger than ${MAX_ANSWER_BYTES / 1e6} MB`);
    chunks.push(chunk);
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks));
  return { status: response.status, text, retryAfterMs: retryAfterOf(response.headers, Date.now()) };
}
