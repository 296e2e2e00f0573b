import { AppError } from '../../../base/errors.ts';
import type { StoredRanges } from '../../locations/location.ts';

/** One file of a ZIP archive, as the archive's directory describes it. */
export interface ZipEntry {
  name: string;
  /** 0 is stored, 8 is deflated. */
  method: number;
  isEncrypted: boolean;
  compressedBytes: number;
  /** Where the entry's own header starts. */
  at: number;
}

const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const LOCATOR_BYTES = 20;
const END = 0x06054b50;
const LOCATOR = 0x07064b50;
const ENTRY = 0x02014b50;
/** A directory of a workbook is a few KB. */
const MAX_DIRECTORY_BYTES = 64 * 1024 * 1024;
/** In this field, the real value is in the ZIP64 part (APPNOTE 4.3.9.2, 4.5.3). */
const IN_ZIP64 = 0xffffffff;

/**
 * Reads the directory of a ZIP archive (PKWARE APPNOTE 6.3, sections 4.3.12 to 4.3.16).
 * @throws AppError `not_a_table` when it is damaged or cut off
 */
export async function readZipDirectory(ranges: StoredRanges, uri: string): Promise<Map<string, ZipEntry>> {
  const { offset, bytes } = await findDirectory(ranges, uri);
  if (bytes > MAX_DIRECTORY_BYTES || offset + bytes > ranges.sizeBytes) throw damaged(uri);
  const directory = Buffer.from(await ranges.read(offset, offset + bytes));
  const entries = new Map<string, ZipEntry>();
  for (let at = 0; at + 46 <= directory.length; ) {
    if (directory.readUInt32LE(at) !== ENTRY) throw damaged(uri);
    const nameBytes = directory.readUInt16LE(at + 28);
    const extraBytes = directory.readUInt16LE(at + 30);
    const commentBytes = directory.readUInt16LE(at + 32);
    const extra = directory.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
    const name = directory.toString('utf8', at + 46, at + 46 + nameBytes);
    entries.set(name, {
      name,
      method: directory.readUInt16LE(at + 10),
      isEncrypted: (directory.readUInt16LE(at + 8) & 1) === 1,
      ...sizesOf(directory.subarray(at, at + 46), extra),
    });
    at += 46 + nameBytes + extraBytes + commentBytes;
  }
  return entries;
}

async function findDirectory(ranges: StoredRanges, uri: string): Promise<{ offset: number; bytes: number }> {
  const tailStart = Math.max(0, ranges.sizeBytes - END_BYTES - MAX_COMMENT_BYTES - LOCATOR_BYTES);
  const tail = Buffer.from(await ranges.read(tailStart));
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END) continue;
    const bytes = tail.readUInt32LE(at + 12);
    const offset = tail.readUInt32LE(at + 16);
    if (offset !== IN_ZIP64 && bytes !== IN_ZIP64) return { offset, bytes };
    const locator = at - LOCATOR_BYTES;
    if (locator < 0 || tail.readUInt32LE(locator) !== LOCATOR) throw damaged(uri);
    const end = Number(tail.readBigUInt64LE(locator + 8));
    if (end + 56 > ranges.sizeBytes) throw damaged(uri);
    const record = Buffer.from(await ranges.read(end, end + 56));
    return { bytes: Number(record.readBigUInt64LE(40)), offset: Number(record.readBigUInt64LE(48)) };
  }
  throw damaged(uri);
}

/** The values of ZIP64's extra field stand in a fixed order, and only those that did not fit. */
function sizesOf(header: Buffer, extra: Buffer): { compressedBytes: number; at: number } {
  let [plain, compressed, at] = [header.readUInt32LE(24), header.readUInt32LE(20), header.readUInt32LE(42)];
  for (let field = 0; field + 4 <= extra.length; field += 4 + extra.readUInt16LE(field + 2)) {
    if (extra.readUInt16LE(field) !== 1) continue;
    let next = field + 4;
    const read = (value: number): number => {
      if (value !== IN_ZIP64 || next + 8 > extra.length) return value;
      next += 8;
      return Number(extra.readBigUInt64LE(next - 8));
    };
    plain = read(plain);
    compressed = read(compressed);
    at = read(at);
  }
  return { compressedBytes: compressed, at };
}

export function damaged(uri: string, cause?: unknown): AppError {
  return new AppError('not_a_table', `${uri} is a damaged or cut off workbook: save it again as .xlsx.`, { cause });
}
