import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../base/errors.ts';

/** What a table's URI names. `path` is absolute, symlinks not yet resolved. */
export type ParsedUri = { kind: 'file'; path: string } | { kind: 's3'; bucket: string; key: string };

/**
 * Reads a URI: a plain path (relative to the working directory), `file://…` or `s3://bucket/key`.
 * @throws AppError `uri_invalid`
 */
export function parseUri(uri: string): ParsedUri {
  if (uri.trim() === '') {
    throw new AppError('uri_invalid', 'The URI is empty: give a path, file://… or s3://bucket/key.');
  }
  if (uri.includes('\0')) throw new AppError('uri_invalid', 'The URI holds a NUL character: remove it.');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: 'file', path: resolve(uri) };
  if (scheme === 'file') return { kind: 'file', path: pathOfFileUrl(uri) };
  if (scheme === 's3') return parseS3(uri);
  throw new AppError(
    'uri_invalid',
    `"${uri}": ${scheme}:// is not supported; use a path, file://… or s3://bucket/key.`,
  );
}

/**
 * A URI as it holds from any working directory: an absolute path, or `s3://bucket/key`.
 * @throws AppError `uri_invalid`
 */
export function absoluteUri(uri: string): string {
  const parsed = parseUri(uri);
  if (parsed.kind === 's3') return `s3://${parsed.bucket}/${parsed.key}`;
  return isFolderUri(uri) && !parsed.path.endsWith('/') ? `${parsed.path}/` : parsed.path;
}

/** Whether a URI names a folder, or a prefix: it ends in a slash. */
export function isFolderUri(uri: string): boolean {
  return uri.endsWith('/');
}

/** The URI of a file in a folder. */
export function uriInFolder(folder: string, name: string): string {
  return `${folder.replace(/\/$/, '')}/${name}`;
}

function pathOfFileUrl(uri: string): string {
  try {
    return fileURLToPath(uri);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('uri_invalid', `"${uri}" is not a file URL (${reason}); write file:///folder/name.csv.`, {
      cause,
    });
  }
}

/** S3 keys are taken as they are: percent signs are part of the key, not an encoding. */
function parseS3(uri: string): ParsedUri {
  const rest = uri.slice('s3://'.length);
  const slash = rest.indexOf('/');
  const bucket = slash === -1 ? rest : rest.slice(0, slash);
  const key = slash === -1 ? '' : rest.slice(slash + 1);
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new AppError(
      'uri_invalid',
      `"${uri}": "${bucket}" is not a bucket name (3 to 63 of a-z, 0-9, "." and "-"); write s3://bucket/key.`,
    );
  }
  if (key === '') {
    throw new AppError('uri_invalid', `"${uri}" names no object: add its key, as in s3://${bucket}/${key}table.csv.`);
  }
  return { kind: 's3', bucket, key };
}
