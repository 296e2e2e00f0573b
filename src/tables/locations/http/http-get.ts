import type { IncomingMessage } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';
import { createPublicLookup, isPublicAddress, requirePublicHost } from '../../../base/addresses/public-address.ts';
import { AppError } from '../../../base/errors.ts';
import { httpModule } from '../../../base/process/http-module.ts';

const MAX_REDIRECTS = 5;
/** Silence after which a server counts as gone, in milliseconds. */
const SILENCE_MS = 30_000;

/** Which hosts may be read. */
export interface HttpReach {
  /** Hosts that may have any address, and may be read over plain HTTP; in lower case. */
  hosts: ReadonlySet<string>;
  /** Resolves names; for tests. */
  lookup?: LookupFunction;
}

/**
 * The URL of a source over HTTP.
 * @throws AppError `uri_invalid`
 */
export function sourceUrl(uri: string, { hosts }: HttpReach): URL {
  if (!URL.canParse(uri)) throw new AppError('uri_invalid', `"${uri}" is not a URL: write https://host/name.csv.`);
  const url = new URL(uri);
  if (url.protocol === 'http:' && !hosts.has(url.hostname)) {
    throw new AppError('uri_invalid', `"${uri}" is not encrypted: write https://. ${nameIt(url.hostname)}`);
  }
  return url;
}

/**
 * GETs a URL and follows its redirects. The address of every connection is checked before a byte is sent: only hosts of
 * the public internet and named hosts are read. Proxies are not used, because behind them addresses can't be checked.
 * @returns an answer with the status 200 or 304; its body must be read or destroyed
 * @throws AppError `location_denied`, `location_unavailable`, `file_not_found`
 */
export async function httpGet(
  from: URL,
  options: {
    reach: HttpReach;
    headers: Record<string, string>;
    signal?: AbortSignal | undefined;
    /** Where redirects may lead: an address that this is the beginning of. Default: anywhere. */
    below?: string;
  },
): Promise<IncomingMessage> {
  let url = from;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await getOnce(url, options);
    const { statusCode = 0 } = answer;
    if (statusCode === 200 || statusCode === 304) return answer;
    answer.destroy();
    const { location } = answer.headers;
    if (statusCode < 300 || statusCode >= 400 || location === undefined) throw statusError(from, statusCode);
    if (redirects === MAX_REDIRECTS || !URL.canParse(location, url.href)) {
      throw new AppError('location_unavailable', `${from.href} redirects too often or nowhere: name the file itself.`);
    }
    url = new URL(location, url.href);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw denied(from, `it redirects to ${url.protocol}`);
    if (options.below !== undefined && !url.href.startsWith(options.below)) {
      throw denied(from, `it redirects to ${url.href}, which is not below ${options.below}`);
    }
    if (url.protocol === 'http:' && !options.reach.hosts.has(url.hostname)) {
      throw denied(from, `it redirects to "${url.hostname}" without encryption. ${nameIt(url.hostname)}`);
    }
  }
}

async function getOnce(
  url: URL,
  { reach, headers, signal }: { reach: HttpReach; headers: Record<string, string>; signal?: AbortSignal | undefined },
): Promise<IncomingMessage> {
  const isNamed = reach.hosts.has(url.hostname);
  const { get } = httpModule(url.protocol);
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(networkError(url, cause));
    try {
      if (!isNamed) requirePublicHost(url.hostname);
      const lookup = isNamed ? reach.lookup : createPublicLookup(reach.lookup);
      const request = get(
        url,
        // `agent: false`: a connection of its own, which no proxy of the environment takes over.
        { headers, agent: false, ...(lookup && { lookup }), ...(signal && { signal }) },
        resolve,
      );
      request.once('error', fail);
      request.setTimeout(SILENCE_MS, () => request.destroy(new Error(`no byte arrived for ${SILENCE_MS / 1000} s`)));
      if (!isNamed) request.once('socket', checkPeer);
    } catch (cause) {
      fail(cause);
    }
  });
}

/** The last check: the address that the socket is connected to, whatever led to it. */
function checkPeer(socket: Socket): void {
  socket.once('connect', () => {
    const { remoteAddress = '' } = socket;
    if (isPublicAddress(remoteAddress)) return;
    socket.destroy(new AppError('location_denied', `The address ${remoteAddress} is not one of the public internet.`));
  });
}

function nameIt(host: string): string {
  return `If it may be read all the same, whoever runs Rowmill names the host in ROWMILL_HTTP_SOURCES=${host}.`;
}

function denied(url: URL, why: string): AppError {
  return new AppError('location_denied', `${url.href} is not read: ${why}`);
}

function networkError(url: URL, cause: unknown): AppError {
  if (cause instanceof AppError) {
    return new AppError(cause.code, `${url.href}: ${cause.message} ${nameIt(url.hostname)}`, { cause });
  }
  const { name, code, message } = cause as NodeJS.ErrnoException;
  if (name === 'AbortError') return new AppError('aborted', `Reading ${url.href} was cancelled.`, { cause });
  if (code === 'ENOTFOUND') {
    return new AppError('file_not_found', `There is no host "${url.hostname}": check the address.`, { cause });
  }
  const distrust = distrustOf(code);
  if (distrust !== undefined) {
    return new AppError(
      'location_unavailable',
      `The certificate of ${url.host} is not accepted: ${message}. ${distrust}`,
      {
        cause,
      },
    );
  }
  const why = message === '' ? (code ?? 'the connection failed') : message;
  return new AppError('location_unavailable', `${url.href} can't be read: ${why}.`, { cause, retryable: true });
}

const UNKNOWN_AUTHORITY = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];
const WRONG_CERTIFICATE = ['ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'CERT_REVOKED'];

/** What to do about a certificate that is not accepted; undefined for other faults. */
function distrustOf(code: string | undefined): string | undefined {
  if (code === undefined) return undefined;
  if (UNKNOWN_AUTHORITY.includes(code)) {
    return 'If its authority is your own, whoever runs Rowmill sets NODE_EXTRA_CA_CERTS to the file of its certificate.';
  }
  return WRONG_CERTIFICATE.includes(code) ? 'Check the address, and the certificate of the server.' : undefined;
}

function statusError(url: URL, status: number): AppError {
  if (status === 404 || status === 410) {
    return new AppError('file_not_found', `There is no file at ${url.href} (status ${status}): check the address.`);
  }
  if (status === 401 || status === 403) {
    const fix = 'Tables are read without signing in: download it and name the file.';
    return new AppError('location_denied', `${url.href} refuses to be read (status ${status}). ${fix}`);
  }
  const retryable = status === 429 || status >= 500;
  return new AppError('location_unavailable', `${url.href} answers with status ${status}.`, { retryable });
}
