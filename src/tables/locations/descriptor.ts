import { close, fstat, fsync, open, read, type Stats } from 'node:fs';
import { promisify } from 'node:util';

/**
 * An open file by its number. Node ends the process when a `FileHandle` is collected that nobody closed; a source that
 * is left without being read may only cost its descriptor.
 */
export interface Descriptor {
  readonly fd: number;
  stat(): Promise<Stats>;
  /** Reads into `bytes` from a position of the file; resolves to the number of bytes read. */
  read(bytes: Uint8Array, position: number): Promise<number>;
  sync(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

const openAsync = promisify(open);
const closeAsync = promisify(close);
const fstatAsync = promisify(fstat);
const fsyncAsync = promisify(fsync);
const readAsync = promisify(read);

/** Opens a file. Rejects with the file system's own error. */
export async function openDescriptor(path: string, flags: number | string): Promise<Descriptor> {
  const fd = await openAsync(path, flags);
  let closing: Promise<void> | undefined;
  return {
    fd,
    stat: () => fstatAsync(fd),
    async read(bytes, position) {
      const { bytesRead } = await readAsync(fd, bytes, 0, bytes.length, position);
      return bytesRead;
    },
    sync: () => fsyncAsync(fd),
    close: () => {
      closing ??= closeAsync(fd);
      return closing;
    },
  };
}
