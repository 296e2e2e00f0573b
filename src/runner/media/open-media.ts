import { hash } from 'node:crypto';
import type { AgentDefinition } from '../../agent/definition.ts';
import { AppError, toAppError } from '../../base/errors.ts';
import { base64Length, type MediaBlock, type MediaFacts, type MediaKind } from '../../protocol/media.ts';
import type { Json, JsonObject } from '../../protocol/messages.ts';
import { descriptorOf } from '../../providers/catalog.ts';
import type { MediaLimit, MediaSupport } from '../../providers/descriptor.ts';
import type { Tables } from '../../tables/table.ts';
import { invalid, isDataUri, readDataUri, tooLarge } from './data-uri.ts';
import { hasReadableSize, imageSize } from './image-size.ts';
import { mediaFieldsOf } from './media-fields.ts';
import { folderOfTable, mediaFolder, placeOf } from './media-places.ts';
import { pdfFacts } from './pdf-facts.ts';
import { fitsDeclared, type SniffedType, sniffType } from './sniff-type.ts';

/** Opens the media of a row's input. */
export interface MediaOpener {
  /** The fields that hold media. */
  readonly fields: ReadonlyMap<string, MediaKind>;
  /**
   * Reads and checks the media of an input, in the order of the schema; fields without a value have none.
   * @throws AppError `input_invalid`, which names the field and what is wrong with its medium; `aborted`
   */
  open(input: JsonObject, signal?: AbortSignal): Promise<MediaBlock[]>;
}

/**
 * The media of an agent's input.
 * @param parts.tableUri the table whose folder holds the media where the agent names no folders; undefined: there is none
 */
export function createMediaOpener(
  { input, model, media_from: from }: AgentDefinition,
  { tables, tableUri }: { tables: Pick<Tables, 'readBytes'>; tableUri: string | undefined },
): MediaOpener {
  const fields = mediaFieldsOf(input);
  const support = descriptorOf(model.provider)?.media;
  const ofTable = tableUri === undefined ? undefined : folderOfTable(tableUri);
  const folders = from?.map(mediaFolder) ?? (ofTable === undefined ? [] : [ofTable]);

  async function read(cell: string, limit: MediaLimit, signal?: AbortSignal) {
    const { maxBytes } = limit;
    if (isDataUri(cell)) return readDataUri(cell, maxBytes);
    const { uri, below } = placeOf(cell, folders);
    const bytes = await tables.readBytes(uri, { below, maxBytes, ...(signal && { signal }) });
    return { declaredType: '', bytes };
  }

  async function openOne(field: string, cell: Json, { kind, signal }: { kind: MediaKind; signal?: AbortSignal }) {
    const limit = support?.kinds[kind];
    if (limit === undefined) throw invalid(`holds ${kind}, which ${model.provider} does not take`);
    if (typeof cell !== 'string') throw invalid('is not text: give a data URI or a place');
    const { declaredType, bytes } = await read(cell, limit, signal);
    return toBlock(field, bytes, checked(bytes, { kind, declaredType, limit }));
  }

  return {
    fields,
    async open(values, signal) {
      const blocks: MediaBlock[] = [];
      for (const [field, kind] of fields) {
        const cell = values[field];
        if (cell === undefined || cell === null || cell === '') continue;
        blocks.push(
          await openOne(field, cell, { kind, ...(signal && { signal }) }).catch((thrown: unknown) => {
            throw faultOf(field, thrown);
          }),
        );
      }
      checkTotal(blocks, support);
      return blocks;
    },
  };
}

function checkTotal(blocks: readonly MediaBlock[], support: MediaSupport | undefined): void {
  const total = blocks.reduce((sum, { bytes }) => sum + base64Length(bytes), 0);
  if (support === undefined || total <= support.totalBase64) return;
  const text = `The media of the row have ${total} bytes as base64 together, and at most ${support.totalBase64} can be sent in one request; make them smaller.`;
  throw new AppError('input_invalid', text);
}

/** The fault of a medium, which fails its row; an end of the run stays what it is. */
function faultOf(field: string, thrown: unknown): AppError {
  const error = toAppError(thrown);
  if (error.code === 'aborted' || error.code === 'internal') return error;
  const why = error.code === 'input_invalid' ? error.message : `can't be read: ${error.message.replace(/\.$/, '')}`;
  return new AppError('input_invalid', `The medium of the input field "${field}" ${why}.`, { cause: error });
}

/** The facts of a medium whose bytes are what its field declares and its provider takes. */
function checked(
  bytes: Buffer,
  { kind, declaredType, limit }: { kind: MediaKind; declaredType: string; limit: MediaLimit },
): MediaFacts {
  if (bytes.length === 0) throw invalid('is empty');
  if (bytes.length > limit.maxBytes) throw tooLarge(bytes.length, limit.maxBytes);
  const found = sniffType(bytes);
  if (found === undefined) throw invalid(`is no ${kind}: its first bytes are of no known type`);
  if (found.kind !== kind) throw invalid(`is ${found.mimeType}, and the field takes ${kind}`);
  if (!fitsDeclared(declaredType, found)) {
    throw invalid(`is declared as ${declaredType}, but its bytes are ${found.mimeType}`);
  }
  if (!limit.types.some((type) => type === found.mimeType || type === `${kind}/*`)) {
    throw invalid(`is ${found.mimeType}, and the model takes ${limit.types.join(', ')}; convert it`);
  }
  return { kind, mimeType: found.mimeType, bytes: bytes.length, ...moreOf(bytes, { found, limit }) };
}

function moreOf(
  bytes: Buffer,
  { found, limit }: { found: SniffedType; limit: MediaLimit },
): Pick<MediaFacts, 'width' | 'height' | 'pages'> {
  if (found.kind === 'pdf') {
    const { pages, isEncrypted } = pdfFacts(bytes);
    if (isEncrypted) throw invalid('is an encrypted PDF; save it without a password');
    return pages === undefined ? {} : { pages };
  }
  if (found.kind !== 'image' || !hasReadableSize(found.mimeType)) return {};
  const size = imageSize(bytes, found.mimeType);
  if (size === undefined) throw invalid(`is a damaged image: the header of its ${found.mimeType} has no size`);
  const { width, height } = size;
  if (limit.maxEdge !== undefined && Math.max(width, height) > limit.maxEdge) {
    throw invalid(`has ${width} × ${height} pixels, and a side may have at most ${limit.maxEdge}; scale it down`);
  }
  return size;
}

function toBlock(field: string, bytes: Buffer, facts: MediaFacts): MediaBlock {
  return { type: 'media', field, ...facts, digest: hash('sha256', bytes), content: () => bytes };
}
