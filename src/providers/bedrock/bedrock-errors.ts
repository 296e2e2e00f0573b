import type { BedrockRuntimeServiceException } from '@aws-sdk/client-bedrock-runtime';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import { retryAfterOf, type Service, toConnectionFault, toRefusalFault } from '../shared/service-faults.ts';

type Sdk = typeof import('@aws-sdk/client-bedrock-runtime');

/** The meaning of the exceptions that are more precise than their status. */
const EXCEPTIONS: { [name: string]: ErrorCode } = {
  UnrecognizedClientException: 'model_key_refused',
  InvalidSignatureException: 'model_key_refused',
  ExpiredTokenException: 'model_key_refused',
  IncompleteSignature: 'model_key_refused',
  MissingAuthenticationToken: 'model_key_refused',
  ThrottlingException: 'model_rate_limited',
  ServiceQuotaExceededException: 'model_rate_limited',
  ModelNotReadyException: 'model_overloaded',
  ServiceUnavailableException: 'model_overloaded',
  ModelErrorException: 'model_server_error',
  ModelStreamErrorException: 'model_server_error',
  ModelTimeoutException: 'model_timeout',
};
/** AWS writes a curly apostrophe; a gateway may not. */
const NOT_ON_DEMAND = /on-demand throughput isn.?t supported/i;
const NO_SUCH_MODEL = /model identifier is invalid|end of its life|isn.?t (available|supported) in this region/i;

/** An error of the SDK as an AppError. @param now milliseconds since the epoch */
export function toModelError(
  thrown: unknown,
  sdk: Sdk,
  { service, model, isStreaming, now }: { service: Service; model: string; isStreaming: boolean; now: number },
): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof Error && /CredentialsProviderError|TokenProviderError/.test(thrown.name)) {
    const text = `${model} needs credentials: set ${service.credentials} (${thrown.message}).`;
    return new AppError('model_key_refused', text, { cause: thrown });
  }
  if (!(thrown instanceof sdk.BedrockRuntimeServiceException)) return toConnectionFault(service, thrown);
  const headers = thrown.$response?.headers as Record<string, string> | undefined;
  return toRefusalFault(service, model, {
    // An exception in the middle of a stream comes after a status of 200: the streamed part is charged for.
    status: isStreaming ? undefined : thrown.$metadata.httpStatusCode,
    said: thrown.message,
    code: codeOf(thrown),
    retryAfterMs: headers === undefined ? undefined : retryAfterOf(readable(headers), now),
    cause: thrown,
  });
}

/** Whether a name can't be called because the model requires an inference profile. */
export function isNotOnDemand({ message }: AppError): boolean {
  return NOT_ON_DEMAND.test(message);
}

function codeOf({ name, message }: BedrockRuntimeServiceException): ErrorCode | undefined {
  if (name === 'ThrottlingException' && /per day/i.test(message)) return 'model_spend_limit';
  if (name === 'AccessDeniedException' && /security token|signature/i.test(message)) return 'model_key_refused';
  const isUnserved = NO_SUCH_MODEL.test(message) || NOT_ON_DEMAND.test(message);
  if (isUnserved && (name === 'ValidationException' || name === 'ResourceNotFoundException')) return 'model_unknown';
  return EXCEPTIONS[name];
}

function readable(headers: Record<string, string>): Pick<Headers, 'get'> {
  return { get: (name) => headers[name] ?? null };
}
