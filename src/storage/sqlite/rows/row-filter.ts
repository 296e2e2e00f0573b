import type { RowFilter } from '../../rows.ts';
import { FAILED, statusCode } from './row-record.ts';

/** A filter as SQL over `row_states s`: the index that has its rows in order, and a condition with a parameter. */
export interface FilterSql {
  /** The rest of a FROM clause after `row_states s`. */
  index: string;
  /** Ends in AND, or is empty. */
  condition: string;
}

/** The three kinds of filters. A code selects failed rows only. */
export const FILTERS = {
  all: { index: '', condition: '' },
  status: { index: 'INDEXED BY row_states_status', condition: 's.status = ? AND' },
  code: { index: 'INDEXED BY row_states_failed', condition: `s.status = ${FAILED} AND s.error_code = ? AND` },
} as const satisfies { [kind: string]: FilterSql };

export type FilterKind = keyof typeof FILTERS;

/** Something for each kind of filter. */
export function forEachFilter<Made>(make: (sql: FilterSql) => Made): { [kind in FilterKind]: Made } {
  return { all: make(FILTERS.all), status: make(FILTERS.status), code: make(FILTERS.code) };
}

/** The kind of a filter and its parameters; undefined for one that selects nothing: a code of rows that did not fail. */
export function kindOf({ status, code }: RowFilter): { kind: FilterKind; given: (string | number)[] } | undefined {
  if (code !== undefined) {
    return status === undefined || status === 'failed' ? { kind: 'code', given: [code] } : undefined;
  }
  return status === undefined ? { kind: 'all', given: [] } : { kind: 'status', given: [statusCode(status)] };
}
