import type { ColumnSource } from 'hyparquet-writer';

/** How many different values decide whether the values of a column repeat. */
const SAMPLE = 1_000;

/** The values of one column in a row group. */
export interface ColumnValues {
  add(value: unknown): void;
  /** The values so far, and how they are encoded; afterwards it is empty. */
  take(): Pick<ColumnSource, 'data' | 'encoding' | 'statistics'>;
}

/**
 * Collects the values of a column. Equal texts of a column that repeats are kept once, and a column that does not repeat
 * gets no dictionary. Texts get no bounds: rows have the order of their source, so these bounds would rarely let a reader
 * skip a group.
 */
export function createColumnValues(): ColumnValues {
  let data: unknown[] = [];
  /** The different values; undefined once they do not repeat. */
  let known: Map<unknown, unknown> | undefined = new Map();
  return {
    add(value) {
      if (known === undefined || value === null || typeof value === 'object') {
        data.push(value);
        return;
      }
      const own = known.get(value);
      data.push(own ?? value);
      if (own !== undefined) return;
      known.set(value, value);
      if (known.size > SAMPLE && known.size * 2 > data.length) known = undefined;
    },
    take() {
      // The first value may be null.
      const isText = typeof data.find((value) => value !== null) === 'string';
      const taken = {
        // Encoded here: the writer makes an encoder for each text.
        data: isText && known === undefined ? data.map(bytesOf) : data,
        ...(isText && { statistics: false }),
        ...(known === undefined && { encoding: 'PLAIN' as const }),
      };
      data = [];
      known = new Map();
      return taken;
    },
  };
}

function bytesOf(value: unknown): unknown {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
