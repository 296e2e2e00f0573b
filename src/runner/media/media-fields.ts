import { hash } from 'node:crypto';
import type { AgentDefinition } from '../../agent/definition.ts';
import { MEDIA_KINDS, type MediaBlock, type MediaKind } from '../../protocol/media.ts';
import type { JsonObject, JsonSchema } from '../../protocol/messages.ts';
import type { RowRecord } from '../../storage/rows.ts';
import { isDataUri } from './data-uri.ts';

/** The fields of an agent's input that hold media, in the order of the schema, with their kinds. */
export function mediaFieldsOf(schema: JsonSchema | undefined): ReadonlyMap<string, MediaKind> {
  const found = new Map<string, MediaKind>();
  const properties = schema?.['properties'];
  if (typeof properties !== 'object' || properties === null) return found;
  for (const [field, property] of Object.entries(properties as Record<string, unknown>)) {
    if (typeof property !== 'object' || property === null || !('media' in property)) continue;
    const kind = MEDIA_KINDS.find((one) => one === property.media);
    if (kind !== undefined) found.set(field, kind);
  }
  return found;
}

/**
 * An input as it is stored and shown: a data URI is its digest, type and size; a place stays a place. It depends on the
 * input alone, so that a continued batch finds the same inputs again.
 */
export function storedInput(input: JsonObject, fields: ReadonlyMap<string, MediaKind>): JsonObject {
  if (fields.size === 0) return input;
  const entries = Object.entries(input).map(([field, value]) => [
    field,
    fields.has(field) && typeof value === 'string' && isDataUri(value) ? describeDataUri(value) : value,
  ]);
  return Object.fromEntries(entries) as JsonObject;
}

/** A row as it is shown: where its agent takes media, a cell with a data URI is its digest, type and size. */
export function shownRow(row: RowRecord, { input }: AgentDefinition): RowRecord {
  if (mediaFieldsOf(input).size === 0) return row;
  const cells = row.cells.map((cell) => (typeof cell === 'string' && isDataUri(cell) ? describeDataUri(cell) : cell));
  return { ...row, cells };
}

/** `sha256:… (image/png, 1234 bytes)`, by the text of the URI where it can't be decoded. */
function describeDataUri(uri: string): string {
  const comma = uri.indexOf(',');
  const type = /^\s*data:([^;,]*)/i.exec(uri)?.[1] || 'no type';
  const bytes = Buffer.from(uri.slice(comma + 1), 'base64');
  return `sha256:${hash('sha256', bytes)} (${type.trim().toLowerCase()}, ${bytes.length} bytes)`;
}

/** An input as it stands in a prompt: each medium is named by its number in the message. */
export function promptInput(input: JsonObject, media: readonly MediaBlock[]): JsonObject {
  if (media.length === 0) return input;
  const marks = media.map((medium, index) => [medium.field, markOf(medium, index)]);
  return { ...input, ...(Object.fromEntries(marks) as JsonObject) };
}

/** The name of a medium in a message. */
export function markOf({ kind }: Pick<MediaBlock, 'kind'>, index: number): string {
  return `(medium ${index + 1}: ${kind})`;
}
