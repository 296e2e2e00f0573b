import type { Json, JsonObject } from '../protocol/messages.ts';

/**
 * One cell: a string in CSV and TSV; any JSON value in JSONL. In Parquet: numbers, booleans, strings and nested values;
 * dates and timestamps in ISO 8601; decimals as their digits. An integer beyond 2^53 is an `ExactNumber`. `undefined` never occurs. A
 * missing cell is `null`; in CSV and TSV it is empty.
 */
export type Cell = Json;

/**
 * How a format with types stores a column: a JSON type, or a Parquet schema element without its name, as read from a
 * Parquet source. `json` holds any cell as JSON text.
 */
export type StoredType = 'string' | 'integer' | 'number' | 'boolean' | 'json' | { parquet: JsonObject };

/**
 * Puts an apostrophe before text that a spreadsheet would read as a formula (OWASP, "CSV Injection"); plain numbers
 * stay.
 */
export function neutraliseFormula(text: string): string {
  if (!/^[=+\-@\t\r\n＝＋－＠]/.test(text)) return text;
  return /^[+-]?(\d+([.,]\d+)*|[.,]\d+)(e[+-]?\d+)?%?$/i.test(text) ? text : `'${text}`;
}
