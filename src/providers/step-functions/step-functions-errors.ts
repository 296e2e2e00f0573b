import { AppError, type ErrorCode } from '../../base/errors.ts';
import { type Service, toConnectionFault, toRefusalFault } from '../shared/service-faults.ts';

/** How messages name the service. */
export const SERVICE: Service = {
  name: 'Step Functions',
  credentials: 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or another credential of AWS',
  address: 'state_machine_arn of the agent',
  addCredit: 'Raise it there, then resume.',
};

const EXCEPTIONS: { [name: string]: ErrorCode } = {
  UnrecognizedClientException: 'model_key_refused',
  InvalidSignatureException: 'model_key_refused',
  ExpiredTokenException: 'model_key_refused',
  IncompleteSignature: 'model_key_refused',
  MissingAuthenticationToken: 'model_key_refused',
  AccessDeniedException: 'model_permission_denied',
  StateMachineDoesNotExist: 'model_unknown',
  StateMachineDeleting: 'model_unknown',
  InvalidArn: 'model_unknown',
  ThrottlingException: 'model_rate_limited',
  ExecutionLimitExceeded: 'model_rate_limited',
  ServiceUnavailable: 'model_overloaded',
};

/** An error of the SDK as an AppError. */
export function toExecutionFault(thrown: unknown, stateMachineArn: string): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof Error && /CredentialsProviderError|TokenProviderError/.test(thrown.name)) {
    const text = `${stateMachineArn} needs credentials: set ${SERVICE.credentials} (${thrown.message}).`;
    return new AppError('model_key_refused', text, { cause: thrown });
  }
  const status = statusOf(thrown);
  if (status === undefined || !(thrown instanceof Error)) return toConnectionFault(SERVICE, thrown);
  return toRefusalFault(SERVICE, stateMachineArn, {
    status,
    said: thrown.message === '' ? thrown.name : thrown.message,
    code: EXCEPTIONS[thrown.name],
    cause: thrown,
  });
}

/** The status of an answer that the SDK turned into an error. */
function statusOf(thrown: unknown): number | undefined {
  const { $metadata: metadata } = (thrown ?? {}) as { $metadata?: { httpStatusCode?: number } };
  return metadata?.httpStatusCode;
}
