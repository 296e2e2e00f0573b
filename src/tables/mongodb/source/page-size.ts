import type { Clock } from '../../../base/clock.ts';

/** How many pages in a row have to be quick before pages get larger. */
const QUICK_PAGES = 10;
/** A page that was asked for so soon after the one before it is quick, in milliseconds. */
const QUICK_MS = 500;
/** A large page that lasts longer makes the next one small again. */
const SLOW_MS = 2_000;
/** How many times larger pages get. */
const GROWTH = 5;
/** Bytes of a large page at most. */
const MOST_BYTES = 1024 * 1024;

/** How many documents are claimed together. */
export interface PageSize {
  rows(): number;
  /** Reports that a page was given away, and the next one is asked for. @param bytes the size of its documents */
  next(bytes: number): void;
}

/**
 * Each page costs two requests, however few documents it has. While rows run quickly, pages are larger: a batch still claims
 * no more than it runs in about two seconds.
 */
export function createPageSize(first: number, { clock, grows }: { clock: Clock; grows: boolean }): PageSize {
  let rows = first;
  let quick = 0;
  let since = clock.monotonic();
  return {
    rows: () => rows,
    next(bytes) {
      if (!grows) return;
      const now = clock.monotonic();
      const lasted = now - since;
      since = now;
      const isLight = (bytes * first * GROWTH) / rows < MOST_BYTES;
      if (rows > first) {
        if (lasted > SLOW_MS || !isLight) [rows, quick] = [first, 0];
        return;
      }
      quick = lasted < QUICK_MS && isLight ? quick + 1 : 0;
      if (quick >= QUICK_PAGES) rows = first * GROWTH;
    },
  };
}
