import { createRowTime } from '../fleet/row-time.ts';

/** Where the time of one row went, in milliseconds. */
export interface RowTimes {
  /** Its calls waited to be looked up in the cache, and to be granted. */
  grantMs: number;
  /** Its calls were in progress. */
  slotMs: number;
}

/** How many rows of a slot are in progress besides the one whose calls are, so that the slot does not wait for grants. */
export interface Readiness {
  see(times: RowTimes): void;
  rows(): number;
}

const MOST_ROWS = 16;
/** A slot may wait for grants for this share of its time: another row in progress would gain less. */
const IDLE = 0.1;
/** Slower rows begin one after the other, in milliseconds: their calls would be granted long before they are sent. */
const SLOW_MS = 100;

/** Starts with one row at a time. */
export function createReadiness(): Readiness {
  const [grants, slots] = [createRowTime(), createRowTime()];
  return {
    see({ grantMs, slotMs }) {
      grants.see(grantMs);
      slots.see(slotMs);
    },
    rows() {
      if (slots.mean() > SLOW_MS) return 0;
      return Math.min(MOST_ROWS, Math.max(0, Math.ceil(grants.mean() / slots.mean() - IDLE)));
    },
  };
}
