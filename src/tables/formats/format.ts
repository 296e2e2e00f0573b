import { AppError } from '../../base/errors.ts';
import type { FormatDescription, TextFacts } from '../row-source.ts';

/** The formats of files. */
export type FormatName = 'csv' | 'tsv' | 'jsonl' | 'parquet';

/**
 * The format that a file's name indicates, and whether the file is gzipped. `undefined`: the name indicates no format.
 */
export interface NamedFormat {
  format: FormatName | undefined;
  gzip: boolean;
  /** The extension without `.gz`, in lower case and with its dot; empty when there is none. */
  extension: string;
}

const FORMATS: Readonly<Record<string, FormatName>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.parquet': 'parquet',
  '.pq': 'parquet',
};

/** The extensions that Rowmill reads and writes, for messages. */
export const KNOWN_EXTENSIONS = '.csv, .tsv or .jsonl, each also with .gz, or .parquet';

export function formatOfName(fileName: string): NamedFormat {
  const lower = fileName.toLowerCase();
  const gzip = lower.endsWith('.gz');
  const name = gzip ? lower.slice(0, -'.gz'.length) : lower;
  const extension = /[^.]\.[^.]+$/.test(name) ? name.slice(name.lastIndexOf('.')) : '';
  return { format: FORMATS[extension], gzip, extension };
}

/** The description of a file's format. */
export function describeFormat(
  name: FormatName,
  { gzip, text, header = true }: { gzip: boolean; text?: TextFacts; header?: boolean },
): FormatDescription {
  const encoding = text === undefined ? '' : `, ${text.encoding}`;
  return {
    name,
    title: `${gzip ? 'Gzipped ' : ''}${name.toUpperCase()}${encoding}`,
    gzip,
    hasHeader: header && (name === 'csv' || name === 'tsv'),
    ...(text === undefined ? {} : { text }),
  };
}

/** @throws AppError `format_unsupported` when the name's extension is not one that can be written */
export function writtenFormat(fileName: string, uri: string): { format: FormatName; gzip: boolean } {
  const { format, gzip, extension } = formatOfName(fileName);
  if (format === 'parquet' && gzip) {
    throw new AppError(
      'format_unsupported',
      `The output ${uri} is gzipped twice: Parquet compresses itself; leave out .gz.`,
    );
  }
  if (format !== undefined) return { format, gzip };
  const what = extension === '' ? 'has no extension' : `ends in ${extension}`;
  throw new AppError('format_unsupported', `The output ${uri} ${what}: name it ${KNOWN_EXTENSIONS}.`);
}
