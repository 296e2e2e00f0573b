import { AppError } from '../../base/errors.ts';
import type { Compression, FormatDescription, TextFacts } from '../row-source.ts';

/** The formats of files. */
export type FormatName = 'csv' | 'tsv' | 'jsonl' | 'json' | 'parquet' | 'xlsx';

/**
 * The format that a file's name indicates, and how the file is compressed. `undefined`: the name indicates no format.
 */
export interface NamedFormat {
  format: FormatName | undefined;
  compression: Compression;
  /** The extension without that of the compression, in lower case and with its dot; empty when there is none. */
  extension: string;
}

const FORMATS: Readonly<Record<string, FormatName>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.json': 'json',
  '.parquet': 'parquet',
  '.pq': 'parquet',
  '.xlsx': 'xlsx',
  '.xlsm': 'xlsx',
};

const COMPRESSIONS: Readonly<Record<string, Compression>> = { '.gz': 'gzip', '.zst': 'zstd' };

/** The extensions that Rowmill reads and writes, for messages. */
export const KNOWN_EXTENSIONS = '.csv, .tsv, .jsonl or .json, each also with .gz or .zst, .xlsx or .parquet';

export function formatOfName(fileName: string): NamedFormat {
  const lower = fileName.toLowerCase();
  const compression = COMPRESSIONS[extensionOf(lower)] ?? 'none';
  const name = compression === 'none' ? lower : lower.slice(0, lower.lastIndexOf('.'));
  const extension = extensionOf(name);
  return { format: FORMATS[extension], compression, extension };
}

function extensionOf(name: string): string {
  return /[^.]\.[^.]+$/.test(name) ? name.slice(name.lastIndexOf('.')) : '';
}

const COMPRESSED: { [compression in Compression]: string } = { none: '', gzip: 'Gzipped ', zstd: 'Zstandard ' };

/** The description of a file's format. */
export function describeFormat(
  name: FormatName,
  { compression = 'none', text, header = true }: { compression?: Compression; text?: TextFacts; header?: boolean },
): FormatDescription {
  const encoding = text === undefined ? '' : `, ${text.encoding}`;
  return {
    name,
    title: `${COMPRESSED[compression]}${name.toUpperCase()}${encoding}`,
    compression,
    hasHeader: header && (name === 'csv' || name === 'tsv' || name === 'xlsx'),
    ...(text === undefined ? {} : { text }),
  };
}

/** @throws AppError `format_unsupported` when the name's extension is not one that can be written */
export function writtenFormat(fileName: string, uri: string): { format: FormatName; compression: Compression } {
  const { format, compression, extension } = formatOfName(fileName);
  if (extension === '.xlsm') {
    throw new AppError('format_unsupported', `The output ${uri} would be a workbook with macros: name it .xlsx.`);
  }
  if (isContainer(format) && compression !== 'none') {
    const fix = `leave out ${fileName.slice(fileName.lastIndexOf('.'))}`;
    throw new AppError(
      'format_unsupported',
      `The output ${uri} is compressed twice: ${extension} compresses itself; ${fix}.`,
    );
  }
  if (format !== undefined) return { format, compression };
  const what = extension === '' ? 'has no extension' : `ends in ${extension}`;
  throw new AppError('format_unsupported', `The output ${uri} ${what}: name it ${KNOWN_EXTENSIONS}.`);
}

/** Whether a format is read by ranges, not as a stream of text. */
export function isContainer(format: FormatName | undefined): format is 'parquet' | 'xlsx' {
  return format === 'parquet' || format === 'xlsx';
}
