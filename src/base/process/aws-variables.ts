import * as z from 'zod';

const endpoint = z.url({ error: 'must be a URL' }).optional();

/** The environment variables that all AWS services share, as the AWS SDK names them. */
export const awsVariables = {
  AWS_REGION: z.string().min(1).optional(),
  AWS_ENDPOINT_URL: endpoint,
  AWS_ENDPOINT_URL_S3: endpoint,
  AWS_ENDPOINT_URL_DYNAMODB: endpoint,
};

/** The region when no variable names one. */
export const DEFAULT_AWS_REGION = 'us-east-1';
