/** A row, as far as a message names it. */
export interface PlacedRow {
  row: number;
  line: number;
  /** The key of the row in its source, if it has one. */
  key?: string | null;
}

/** Where people find a row: `row 3 (line 5)` of a file, `row 3 (_id 65f0…)` of a source whose rows have keys. */
export function rowPlace({ row, line, key = null }: PlacedRow): string {
  return `row ${row} (${key === null ? `line ${line}` : `_id ${keyText(key)}`})`;
}

/** Longest text of a key in a message. */
const SHOWN_CHARACTERS = 100;

/** A key in words: the value alone of a single value of extended JSON, such as the digits of an ObjectId. */
export function keyText(key: string): string {
  const text = valueText(key);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}

function valueText(key: string): string {
  const [, value] =
    /^\{"\$(?:oid|numberInt|numberLong|numberDouble|numberDecimal|uuid)":"([^"\\]*)"\}$/.exec(key) ?? [];
  return value ?? key;
}
