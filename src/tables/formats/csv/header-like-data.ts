import { kindOf, type ValueKind } from '../../profile/value-kind.ts';

/** Kinds that a column name hardly has. */
const TYPED: readonly ValueKind[] = ['integer', 'number', 'boolean', 'date', 'timestamp', 'url', 'email', 'json'];
const YEAR = /^(19|20)\d\d$/;
const LONGEST_NAME = 100;

/**
 * Whether a header is rather a row of data: a name has the kind of its column's values, or is one of them, and no name
 * stands above values of another kind. Names that are years stand above amounts.
 */
export function looksLikeData(header: readonly string[], body: readonly (readonly string[])[]): boolean {
  if (header.length > 0 && header.every((name) => isNumber(name))) return true;
  if (body.length === 0) return false;
  let alike = 0;
  for (const [index, name] of header.entries()) {
    const values = body.map((cells) => cells[index]?.trim() ?? '').filter((cell) => cell !== '');
    if (values.length === 0 || name.trim() === '') continue;
    const kind = commonKind(values);
    if (kind === undefined) {
      if (name.length > LONGEST_NAME || (values.length > 1 && values.includes(name.trim()))) alike += 1;
    } else if (!isOfKind(name, kind)) return false;
    else if (!YEAR.test(name.trim()) || values.every((value) => YEAR.test(value))) alike += 1;
  }
  return alike > 0;
}

/** The kind of all values, where it is not text; whole numbers among others are numbers. */
function commonKind(values: readonly string[]): ValueKind | undefined {
  const kinds = new Set(values.map(kindOf));
  if ([...kinds].every((kind) => kind === 'integer' || kind === 'number')) return 'number';
  const [kind] = kinds;
  return kinds.size === 1 && kind !== undefined && TYPED.includes(kind) ? kind : undefined;
}

function isOfKind(name: string, kind: ValueKind): boolean {
  return kind === 'number' ? isNumber(name) : kindOf(name) === kind;
}

function isNumber(name: string): boolean {
  const kind = kindOf(name);
  return kind === 'integer' || kind === 'number';
}
