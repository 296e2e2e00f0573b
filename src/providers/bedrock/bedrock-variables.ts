import * as z from 'zod';
import { awsVariables } from '../../base/process/aws-variables.ts';

const s3Folder = z.string().regex(/^s3:\/\/[^/]+(\/.*)?$/, 'must be a folder such as s3://bucket/prefix/');
const hours = 'must be a number of hours from 24 to 168';

/** The variables of Bedrock's batch inference; without the first three it is not available. */
export const bedrockBatchVariables = {
  BEDROCK_BATCH_ROLE_ARN: z.string().min(1).optional(),
  BEDROCK_BATCH_INPUT_S3_PATH: s3Folder.optional(),
  BEDROCK_BATCH_OUTPUT_S3_PATH: s3Folder.optional(),
  BEDROCK_BATCH_TIMEOUT_HOURS: z.coerce.number({ error: hours }).min(24, hours).max(168, hours).default(24),
};

/** All variables that Bedrock reads. */
export const bedrockVariables = {
  ...awsVariables,
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: z.url({ error: 'must be a URL' }).optional(),
  AWS_ENDPOINT_URL_BEDROCK: z.url({ error: 'must be a URL' }).optional(),
  ...bedrockBatchVariables,
};
