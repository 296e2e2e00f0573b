import { AppError } from '../../../base/errors.ts';

/** The shared texts of a workbook, by index. They are kept as UTF-8 outside the JavaScript heap. */
export interface StringPool {
  add(text: string): void;
  /** Undefined when there is no such text. */
  get(index: number): string | undefined;
  /** Length in bytes; undefined when there is no such text. */
  sizeOf(index: number): number | undefined;
}

const BLOCK_BYTES = 1024 * 1024;
/** What the index takes for each text, while it grows: its old and its new form. */
const INDEX_BYTES = 36;
/** Above this size the texts would take the memory of the process. */
const MAX_BYTES = 1024 ** 3;

/** @param place names the workbook in the error */
export function createStringPool(place: string): StringPool {
  const blocks: Buffer[] = [];
  /** For each text: its block, its offset in the block, its length in bytes. */
  let index = new Uint32Array(3 * 1024);
  let count = 0;
  let total = 0;
  let block = Buffer.alloc(0);
  let used = 0;
  return {
    add(text) {
      const bytes = Buffer.byteLength(text);
      if (used + bytes > block.length) {
        block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytes));
        blocks.push(block);
        total += block.length;
        used = 0;
      }
      total += INDEX_BYTES;
      if (total > MAX_BYTES) {
        throw new AppError('table_too_large', `${place} holds more than 1 GB of different texts: save it as CSV.`);
      }
      block.write(text, used);
      if (3 * count === index.length) {
        const larger = new Uint32Array(index.length * 2);
        larger.set(index);
        index = larger;
      }
      index.set([blocks.length - 1, used, bytes], 3 * count);
      count += 1;
      used += bytes;
    },
    sizeOf: (wanted) => (wanted >= 0 && wanted < count ? index[3 * wanted + 2] : undefined),
    get(wanted) {
      if (!(wanted >= 0 && wanted < count)) return undefined;
      const from = index[3 * wanted + 1] ?? 0;
      return blocks[index[3 * wanted] ?? 0]?.toString('utf8', from, from + (index[3 * wanted + 2] ?? 0));
    },
  };
}
