import type { components } from '../../../src/client/api.ts';

/** One fault inside a request, with its place and fix. */
export type Fault = components['schemas']['Fault'];

/** An answer that is not a success, as the page shows it: the cause, the fix, and an id to look up in the server's log. */
export class ProblemError extends Error {
  readonly code: string;
  /** 0: the server did not answer. */
  readonly status: number;
  readonly fix: string | undefined;
  readonly faults: readonly Fault[];
  /** Of the request, as the server's log has it; undefined when nothing answered. */
  readonly requestId: string | undefined;

  constructor(
    cause: string,
    details: {
      code: string;
      status: number;
      fix?: string | undefined;
      faults?: readonly Fault[] | undefined;
      requestId?: string | undefined;
    },
  ) {
    super(cause);
    this.name = 'ProblemError';
    this.code = details.code;
    this.status = details.status;
    this.fix = details.fix;
    this.faults = details.faults ?? [];
    this.requestId = details.requestId;
  }
}

/** A problem+json body, or anything else that a proxy may have answered instead, as an error. */
export function problemError(body: unknown, response: Response): ProblemError {
  const requestId = response.headers.get('x-request-id') ?? undefined;
  if (!isProblem(body)) {
    const cause = `The server answered ${response.status} ${response.statusText}`.trim();
    return new ProblemError(cause, { code: 'http_error', status: response.status, requestId });
  }
  const { detail, code, fix, place, faults } = body;
  // A detail may begin with its place, which the page shows by the field itself.
  const message = detail.startsWith(`${place}: `) ? detail.slice(`${place}: `.length) : detail;
  const single = place === undefined ? [] : [{ place, message, ...(fix !== undefined && { fix }) }];
  return new ProblemError(detail, { code, status: response.status, fix, faults: faults ?? single, requestId });
}

function isProblem(body: unknown): body is components['schemas']['Problem'] {
  return typeof body === 'object' && body !== null && 'detail' in body && 'code' in body;
}
