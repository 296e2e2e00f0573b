import type { S3Client } from '@aws-sdk/client-s3';

/** How S3 is reached; by default the AWS SDK finds the credentials. */
export interface S3Options {
  /** An S3-compatible server instead of AWS; sets path style, which nearly all such servers need. */
  endpoint?: string;
  region?: string;
  forcePathStyle?: boolean;
  /** Replace the SDK's own search. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** Creates the S3 client; the SDK is loaded here and not before. */
export async function createS3Client(options: S3Options): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    // Servers other than AWS refuse (411) streams of unknown length with a trailing checksum.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    forcePathStyle: options.forcePathStyle ?? options.endpoint !== undefined,
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
    ...(options.credentials !== undefined && { credentials: options.credentials }),
    ...(options.region !== undefined && { region: options.region }),
  });
  // Some S3-compatible servers refuse a write under a condition as not implemented: they get it without.
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (fault) {
        const input: typeof args.input & { IfNoneMatch?: string | undefined } = args.input;
        if (input.IfNoneMatch === undefined || (fault as { name?: string }).name !== 'NotImplemented') throw fault;
        const { IfNoneMatch: _, ...plain } = input;
        return next({ ...args, input: plain });
      }
    },
    { step: 'initialize', name: 'withoutUnknownCondition' },
  );
  return client;
}
