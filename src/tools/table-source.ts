import * as z from 'zod';
import { AppError } from '../base/errors.ts';

/** The two ways to name a source table; every tool that reads one takes exactly one of them. */
export const tableSource = {
  csv_uri: z
    .string()
    .min(1, 'must name a table')
    .optional()
    .describe(
      'The source table: a path, a file://, s3:// or https:// URI of a CSV, TSV, JSONL or JSON file, compressed or not, of an XLSX workbook (book.xlsx#Sheet2 names a sheet), or of a Parquet file; or of a folder (with / at its end) or pattern (data/*.csv) of files with the same columns. Give this or csv_s3_uri.',
    ),
  csv_s3_uri: z
    .string()
    .regex(/^s3:\/\/[^/]+\/.+/, 'must be an S3 URI with bucket and key: s3://BUCKET/KEY; other places go into csv_uri')
    .optional()
    .describe('The source table in S3, as s3://BUCKET/KEY. Give this or csv_uri.'),
};

interface SourceArguments {
  csv_uri?: string | undefined;
  csv_s3_uri?: string | undefined;
}

export const ONE_SOURCE = 'give exactly one of csv_uri and csv_s3_uri';

/** Whether at most one of the two is given. */
export function atMostOneSource(input: SourceArguments): boolean {
  return input.csv_uri === undefined || input.csv_s3_uri === undefined;
}

/** Whether exactly one of the two is given. */
export function exactlyOneSource(input: SourceArguments): boolean {
  return atMostOneSource(input) && sourceUri(input) !== undefined;
}

/** The URI that was given, in either field. */
export function sourceUri(input: SourceArguments): string | undefined {
  return input.csv_uri ?? input.csv_s3_uri;
}

/** {@link sourceUri} after a refinement that requires one. */
export function requireSourceUri(input: SourceArguments): string {
  const uri = sourceUri(input);
  if (uri === undefined) throw new AppError('invalid_arguments', `The source is missing: ${ONE_SOURCE}.`);
  return uri;
}
