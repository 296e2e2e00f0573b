import { AppError, type ErrorCode } from '../../base/errors.ts';
import { connectionCode, type Service, toConnectionFault, toRefusalFault } from '../shared/service-faults.ts';

/** How messages name Bedrock's batch inference. */
export const BEDROCK_BATCH: Service = {
  name: 'Bedrock',
  credentials: 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  address: 'AWS_REGION and AWS_ENDPOINT_URL_BEDROCK',
  addCredit: 'Raise the quota in Service Quotas, then resume.',
};

/** Names of the SDK's errors that are more precise than the status. A quota limits concurrent jobs: they end. */
const CODES: Record<string, ErrorCode> = {
  ThrottlingException: 'model_rate_limited',
  ServiceQuotaExceededException: 'model_rate_limited',
  UnrecognizedClientException: 'model_key_refused',
  InvalidSignatureException: 'model_key_refused',
  ExpiredTokenException: 'model_key_refused',
  InvalidAccessKeyId: 'model_key_refused',
  SignatureDoesNotMatch: 'model_key_refused',
  AccessDenied: 'model_permission_denied',
};

/** Statuses with which a server says that it does not serve an address. */
const NOT_SERVED = new Set([404, 405, 501]);
const JOB = /:model-invocation-job\//;

/** An error of the AWS SDK, from Bedrock or from S3, as an AppError. @param place the requested thing, for messages */
export function toBedrockFault(thrown: unknown, { place, signal }: { place: string; signal: AbortSignal }): AppError {
  if (thrown instanceof AppError) return thrown;
  const { name, message, $metadata } = thrown as {
    name?: string;
    message?: string;
    $metadata?: { httpStatusCode?: number };
  };
  if (signal.aborted) {
    return new AppError('aborted', 'The call of the batch API was cancelled.', { outcomeUnknown: true, cause: thrown });
  }
  if (name === 'CredentialsProviderError') {
    return new AppError('model_key_refused', `Bedrock needs credentials: set ${BEDROCK_BATCH.credentials}.`, {
      cause: thrown,
    });
  }
  // The SDK calls a reset connection a timeout as well.
  if (name === 'TimeoutError' && connectionCode(thrown) === undefined) {
    const text = 'Bedrock did not answer in time.';
    return new AppError('model_timeout', text, { retryable: true, outcomeUnknown: true, cause: thrown });
  }
  const status = $metadata?.httpStatusCode;
  // An answer that breaks off has the status of success.
  if (status === undefined || status < 300) return toConnectionFault(BEDROCK_BATCH, thrown);
  if (name === 'NoSuchBucket') {
    const text = `The bucket of ${place} does not exist: create it, or set BEDROCK_BATCH_INPUT_S3_PATH and BEDROCK_BATCH_OUTPUT_S3_PATH to folders in one that does.`;
    return new AppError('bucket_not_found', text, { cause: thrown });
  }
  if (status === 404 && JOB.test(place)) {
    return new AppError('model_unknown', `Bedrock does not know the job ${place}: ${message}`, { cause: thrown });
  }
  // A model that is not known is a ResourceNotFoundException of the service itself.
  if (NOT_SERVED.has(status) && !place.startsWith('s3://') && name !== 'ResourceNotFoundException') {
    const text = `The server that AWS_ENDPOINT_URL_BEDROCK names has no batch inference: ${inOneLine(`${name}: ${message}`)} (status ${status}). Run with --mode realtime, or set AWS_ENDPOINT_URL_BEDROCK to a server that has it.`;
    return new AppError('model_unavailable', text, { cause: thrown });
  }
  const said = `${name}: ${message} (${place})`;
  return toRefusalFault(BEDROCK_BATCH, place, { status, said, code: CODES[name ?? ''], cause: thrown });
}

/** A body that is not JSON comes with long words of the SDK. */
function inOneLine(said: string): string {
  return said.startsWith('SyntaxError') ? 'its answer is not JSON' : said.replace(/\s+/g, ' ').replace(/\.$/, '');
}
