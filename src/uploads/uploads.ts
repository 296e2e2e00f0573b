import { rm, stat } from 'node:fs/promises';
import { AppError } from '../base/errors.ts';
import { bytes as sizeText } from '../base/figures.ts';
import type { UploadRecord, UploadStore } from '../storage/uploads.ts';
import { hashFile, type ReceivedBytes, receiveBytes } from './receive-bytes.ts';

/** An upload of unknown size counts in portions of this many bytes. */
const PORTION = 64 * 1024 ** 2;
/** How many expired uploads are deleted between two looks at the signal. */
const SWEEP = 100;

/** What uploads may take, and how long they are kept after their last use. */
export interface UploadLimits {
  maxBytes: number;
  maxTotalBytes: number;
  keepMs: number;
}

/** An upload as faces show it: its record, its URI, and how many bytes have arrived. */
export interface Upload extends UploadRecord {
  uri: string;
  offset: number;
  expiresAt: number;
}

/** A file that a client is about to send. */
export interface AnnouncedUpload {
  name: string;
  /** Its size, where it is known. */
  bytes: number | undefined;
  /** Hexadecimal: the file is refused when its bytes have another one. */
  sha256?: string | undefined;
}

/** Who asks; without `owner`, for the uploads of every caller. */
export interface UploadViewer {
  owner?: string;
}

/** Bytes on their way, and the signal that fires when their client is gone. */
export interface ArrivingBytes {
  body: AsyncIterable<Uint8Array>;
  signal?: AbortSignal;
}

/** Files that clients send to the data directory, as tables. */
export interface Uploads {
  readonly limits: UploadLimits;
  /**
   * Stores a whole file; nothing of it stays when its bytes do not arrive.
   * @throws AppError `payload_too_large`, `uploads_full`, `upload_damaged`, `aborted`
   */
  receive(announced: AnnouncedUpload, owner: string, arriving: ArrivingBytes): Promise<Upload>;
  /** Starts a file that is sent in parts. Throws as {@link receive}. */
  announce(announced: AnnouncedUpload & { bytes: number }, owner: string): Promise<Upload>;
  /**
   * Adds bytes to a file at an offset, which must be the number of bytes that have arrived. What has arrived stays when
   * the client goes away. The last byte completes the upload.
   * @throws AppError `upload_conflict` at another offset, and while another request sends
   */
  append(
    id: string,
    part: ArrivingBytes & UploadViewer & { offset: number; sha256?: string | undefined },
  ): Promise<Upload>;
  /** @throws AppError `not_found` */
  read(id: string, viewer: UploadViewer): Promise<Upload>;
  /**
   * Counts the use of the uploads that a URI names, if it names any.
   * @throws AppError `not_found` for the upload of another caller
   */
  use(uri: string, viewer: UploadViewer): Promise<void>;
  list(options: UploadViewer & { limit: number; before?: string }): Promise<Upload[]>;
  /** @throws AppError `upload_conflict` while a draft or a batch that has not ended names it */
  remove(id: string, viewer: UploadViewer): Promise<void>;
  /** Deletes uploads that nobody used for as long as they are kept, but none that is named. */
  sweep(signal?: AbortSignal): Promise<void>;
}

/** Dependencies of {@link createUploads}. */
export interface UploadParts {
  store: UploadStore;
  /** The file of an upload. */
  pathOf: (id: string) => string;
  limits: UploadLimits;
  newId: () => string;
  now: () => number;
}

/** The uploads of one data directory. */
export function createUploads(parts: UploadParts): Uploads {
  const { store, pathOf, limits, newId, now } = parts;
  /** Uploads to which a request of this process is writing. */
  const writing = new Set<string>();

  async function insert({ name, bytes }: AnnouncedUpload, owner: string): Promise<UploadRecord> {
    if (bytes !== undefined && bytes > limits.maxBytes) throw tooLarge(limits.maxBytes);
    const upload = { id: newId(), name, owner, bytes: bytes ?? null, createdAt: now() };
    const reserved = bytes ?? Math.min(PORTION, limits.maxBytes);
    const isStored = await store.insertUpload({ ...upload, reserved, maxTotalBytes: limits.maxTotalBytes });
    if (!isStored) throw full(limits.maxTotalBytes);
    return { ...upload, sha256: null, usedAt: upload.createdAt, completedAt: null };
  }

  async function shown(record: UploadRecord): Promise<Upload> {
    const offset = record.completedAt === null ? await sizeOf(pathOf(record.id)) : (record.bytes ?? 0);
    return { ...record, uri: `upload://${record.id}`, offset, expiresAt: record.usedAt + limits.keepMs };
  }

  async function find(id: string, { owner }: UploadViewer): Promise<UploadRecord> {
    const found = await store.readUpload(id);
    if (found === undefined || (owner !== undefined && found.owner !== owner)) {
      throw new AppError('not_found', `There is no upload "${id}": it was deleted, or it has expired.`);
    }
    return found;
  }

  async function complete(record: UploadRecord, received: ReceivedBytes, wanted: string | undefined): Promise<Upload> {
    const { id } = record;
    const sha256 = received.sha256 ?? (await hashFile(pathOf(id)));
    if (wanted !== undefined && wanted.toLowerCase() !== sha256) {
      await discard(id);
      throw new AppError(
        'upload_damaged',
        `The bytes that arrived have the SHA-256 ${sha256}, not ${wanted}: send the file again.`,
      );
    }
    await store.completeUpload(id, { bytes: received.size, sha256, at: now() });
    return shown({ ...record, bytes: received.size, sha256, usedAt: now(), completedAt: now() });
  }

  async function discard(id: string): Promise<void> {
    await rm(pathOf(id), { force: true });
    await store.removeUpload(id);
  }

  async function receive(announced: AnnouncedUpload, owner: string, arriving: ArrivingBytes): Promise<Upload> {
    const record = await insert(announced, owner);
    const { id } = record;
    let reserved = announced.bytes ?? PORTION;
    const onSize = async (size: number): Promise<void> => {
      if (size > limits.maxBytes) throw tooLarge(limits.maxBytes);
      if (announced.bytes !== undefined && size > announced.bytes) throw longer(announced.bytes);
      if (size <= reserved) return;
      reserved = Math.min(size + PORTION, limits.maxBytes);
      if (!(await store.reserveUpload(id, reserved, limits.maxTotalBytes))) throw full(limits.maxTotalBytes);
    };
    writing.add(id);
    try {
      const received = await receiveBytes(arriving, { path: pathOf(id), offset: 0, onSize });
      if (received.size < (announced.bytes ?? 0)) throw vanished();
      return await complete(record, received, announced.sha256);
    } catch (fault) {
      await discard(id);
      throw fault;
    } finally {
      writing.delete(id);
    }
  }

  const append: Uploads['append'] = async (id, { offset, body, signal, sha256, ...viewer }) => {
    const record = await find(id, viewer);
    const { bytes } = record;
    if (writing.has(id)) throw conflict(`Another request is sending bytes of the upload "${id}". Wait for it.`);
    if (record.completedAt !== null || bytes === null) throw conflict(`The upload "${id}" is complete.`);
    writing.add(id);
    try {
      const at = await sizeOf(pathOf(id));
      if (offset !== at)
        throw conflict(`${at} bytes of the upload "${id}" have arrived: continue with Upload-Offset: ${at}.`);
      const onSize = async (size: number): Promise<void> => {
        if (size > bytes) throw longer(bytes);
      };
      const arriving = { body, ...(signal && { signal }) };
      const received = await receiveBytes(arriving, { path: pathOf(id), offset, onSize });
      if (received.size === bytes) return await complete(record, received, sha256);
      await store.useUpload(id, now());
      return await shown({ ...record, usedAt: now() });
    } finally {
      writing.delete(id);
    }
  };

  return {
    limits,
    receive,
    announce: async (announced, owner) => shown(await insert(announced, owner)),
    append,
    read: async (id, viewer) => shown(await find(id, viewer)),
    async use(uri, viewer) {
      if (!/^upload:/i.test(uri)) return;
      const ids = [...uri.matchAll(/upload:\/\/(upl_\w+)/gi)].map(([, id = '']) => id);
      for (const id of ids) await find(id, viewer);
      for (const id of ids) await store.useUpload(id, now());
    },
    list: async (options) => Promise.all((await store.listUploads(options)).map(shown)),
    async remove(id, viewer) {
      await find(id, viewer);
      if (writing.has(id)) throw conflict(`Bytes of the upload "${id}" are arriving. Stop sending them first.`);
      if ((await store.removeUpload(id)) === 'named') {
        throw conflict(
          `A draft, or a batch that has not ended, names the upload "${id}". Delete or cancel that first.`,
        );
      }
      await rm(pathOf(id), { force: true });
    },
    async sweep(signal) {
      for (;;) {
        const due = await store.listUnusedUploads(now() - limits.keepMs, SWEEP);
        const idle = due.filter((id) => !writing.has(id));
        for (const id of idle) {
          if (signal?.aborted === true) return;
          if ((await store.removeUpload(id)) === 'removed') await rm(pathOf(id), { force: true });
        }
        if (idle.length < SWEEP) return;
      }
    },
  };
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.size ?? 0;
}

function conflict(message: string): AppError {
  return new AppError('upload_conflict', message);
}

function vanished(): AppError {
  return new AppError('aborted', 'The file ended before its last byte, so nothing of it is kept: send it again.');
}

function longer(bytes: number): AppError {
  return new AppError('payload_too_large', `More bytes arrived than the ${bytes} that were announced.`);
}

function tooLarge(maxBytes: number): AppError {
  return new AppError(
    'payload_too_large',
    `The file is larger than ${sizeText(maxBytes)}, the most that one upload may have (ROWMILL_UPLOAD_MAX_GB).`,
  );
}

function full(maxTotalBytes: number): AppError {
  return new AppError(
    'uploads_full',
    `All uploads together may take ${sizeText(maxTotalBytes)} (ROWMILL_UPLOADS_TOTAL_GB), and this one does not fit. Delete some first.`,
  );
}
