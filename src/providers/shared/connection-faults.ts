/** The fault of a call that its caller has ended. */
export function cancelled(): Error {
  return new DOMException('The call was cancelled.', 'AbortError');
}

/** The fault of a call that may no longer be sent. */
export function stoodStill(): Error {
  return notSent('NOT_SENT', 'The process was suspended before the call.');
}

/** The fault of a call after its connections were closed. */
export function closed(): Error {
  return notSent('CLOSED', 'The connections are closed.');
}

/** The fault of a call whose server does not take the connection. */
export function notConnected(host: string, ms: number): Error {
  return notSent('CONNECT_TIMEOUT', `No connection to ${host} within ${ms / 1000} s.`);
}

/** The fault of a call whose connection ended before its answer, as Node's own client reports it. */
export function broken(cause?: Error): Error {
  const { code = 'ECONNRESET' } = (cause ?? {}) as { code?: string };
  if (cause !== undefined && !BROKEN.has(code)) return cause;
  return Object.assign(new Error('aborted', { cause }), { code: 'ECONNRESET' });
}

const BROKEN = new Set(['ECONNRESET', 'EPIPE']);

/** @param code one that service-faults.ts knows as "never sent" */
function notSent(code: 'NOT_SENT' | 'CONNECT_TIMEOUT' | 'CLOSED', message: string): Error {
  return Object.assign(new Error(message), { code });
}
