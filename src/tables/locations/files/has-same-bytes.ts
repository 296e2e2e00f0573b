import { type FileHandle, open, stat } from 'node:fs/promises';

const CHUNK_BYTES = 256 * 1024;

/** Whether two regular files have the same content. Memory is constant. */
export async function hasSameBytes(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([stat(one), stat(other)]);
  if (!second.isFile() || first.size !== second.size) return false;
  const handles: FileHandle[] = [];
  try {
    for (const path of [one, other]) handles.push(await open(path, 'r'));
    const [a, b] = handles as [FileHandle, FileHandle];
    const [left, right] = [Buffer.alloc(CHUNK_BYTES), Buffer.alloc(CHUNK_BYTES)];
    for (let at = 0; at < first.size; at += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, first.size - at);
      const [{ bytesRead }, other] = await Promise.all([a.read(left, 0, length, at), b.read(right, 0, length, at)]);
      if (bytesRead < length || other.bytesRead < length) return false;
      if (!left.subarray(0, length).equals(right.subarray(0, length))) return false;
    }
    return true;
  } finally {
    for (const handle of handles) await handle.close();
  }
}
