import { toEvents, toWireMessage, type WireRequest } from '../messages-wire.ts';
import { jsonBody, type RefusalKind, type WireFormat } from './wire-server.ts';

/** Anthropic's Messages API; the other formats are written in its terms. */
export const messagesFormat: WireFormat = {
  read: (path, body) => (path === '/v1/messages' ? (body as WireRequest) : undefined),
  write(answer, request, number) {
    const message = toWireMessage(answer, request, number);
    return request.stream ? { contentType: 'text/event-stream', pieces: toEvents(message) } : jsonBody(message);
  },
  refuse(kind, message) {
    const [status, type, code] = REFUSALS[kind];
    const details = code === undefined ? {} : { details: { error_code: code } };
    return { status, body: { type: 'error', error: { type, message, ...details } } };
  },
};

const REFUSALS: { [kind in RefusalKind]: [number, string, string?] } = {
  key: [401, 'authentication_error'],
  permission: [403, 'permission_error'],
  model: [404, 'not_found_error'],
  invalid: [400, 'invalid_request_error'],
  'too-long': [400, 'invalid_request_error'],
  rate: [429, 'rate_limit_error'],
  spend: [429, 'rate_limit_error', 'enforced_spend_limit_reached'],
  server: [500, 'api_error'],
  overloaded: [529, 'overloaded_error'],
  timeout: [504, 'timeout_error'],
};
