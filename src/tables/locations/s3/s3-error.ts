import { AppError } from '../../../base/errors.ts';

/**
 * Converts an S3 fault to an AppError that names the table. `isBucket`: the request was about the bucket, so 404 means
 * that the bucket is missing.
 */
export function s3Error(cause: unknown, place: { bucket: string; uri: string; isBucket?: boolean }): AppError {
  if (cause instanceof AppError) return cause;
  const { name, message, $metadata } = cause as {
    name?: string;
    message?: string;
    $metadata?: { httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode;
  const { uri, bucket } = place;
  if (name === 'AbortError') return new AppError('aborted', `The request for ${uri} was cancelled.`, { cause });
  if (name === 'NoSuchBucket' || (status === 404 && place.isBucket)) {
    return new AppError('bucket_not_found', `There is no bucket "${bucket}" (${uri}): check its name and the region.`, {
      cause,
    });
  }
  if (name === 'NoSuchKey' || name === 'NotFound' || status === 404) {
    return new AppError('file_not_found', `There is no object ${uri}: check its key.`, { cause });
  }
  if (name === 'PreconditionFailed' || status === 412) {
    return new AppError('location_unavailable', `${uri} was replaced while it was read: start again.`, { cause });
  }
  if (name === 'CredentialsProviderError') {
    return new AppError(
      'location_denied',
      `${uri}: no AWS credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.`,
      { cause },
    );
  }
  if (status === 401 || status === 403) {
    return new AppError(
      'location_denied',
      `${uri} can't be used with these AWS credentials (${name}): check their policy.`,
      { cause },
    );
  }
  if (status === 301 || name === 'PermanentRedirect' || name === 'AuthorizationHeaderMalformed') {
    return new AppError('location_unavailable', `The bucket "${bucket}" is in another region: set AWS_REGION to it.`, {
      cause,
    });
  }
  if (message?.includes('Region is missing')) {
    return new AppError('location_unavailable', `${uri}: no AWS region is set; set AWS_REGION.`, { cause });
  }
  return new AppError(
    'location_unavailable',
    `${uri} can't be reached (${name}: ${message}): check the network and AWS_ENDPOINT_URL_S3.`,
    {
      cause,
      retryable: status === undefined || status >= 500 || status === 429,
    },
  );
}
