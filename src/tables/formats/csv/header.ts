import type { TableWarning } from '../../row-source.ts';

/**
 * Makes column names unique and not empty: the second `name` becomes `name_2`, an empty third name `column_3`.
 * Names are otherwise unchanged, surrounding blanks included.
 */
export function uniqueNames(header: readonly string[]): { columns: string[]; warnings: TableWarning[] } {
  const taken = new Set<string>(header);
  const seen = new Set<string>();
  const changes: string[] = [];
  /** The next number to try for each name, so that a header of one name takes linear time. */
  const next = new Map<string, number>();
  const columns = header.map((name, index) => {
    const empty = name.trim() === '';
    if (!empty && !seen.has(name)) {
      seen.add(name);
      return name;
    }
    const base = empty ? `column_${index + 1}` : name;
    let unique = base;
    for (let n = next.get(base) ?? 2; taken.has(unique); n += 1) {
      unique = `${base}_${n}`;
      next.set(base, n + 1);
    }
    seen.add(unique);
    taken.add(unique);
    changes.push(empty ? `column ${index + 1} (no name) → "${unique}"` : `column ${index + 1} "${name}" → "${unique}"`);
    return unique;
  });
  if (changes.length === 0) return { columns, warnings: [] };
  const shown = changes.length > 10 ? [...changes.slice(0, 10), `and ${changes.length - 10} more`] : changes;
  const message = `Columns were renamed so that each has its own name: ${shown.join('; ')}.`;
  return { columns, warnings: [{ code: 'header_renamed', message, count: changes.length, line: 1 }] };
}

/** The columns of a table without a header, from its first record. */
export function numberedColumns(first: readonly string[]): { columns: string[]; warnings: TableWarning[] } {
  return { columns: first.map((_, index) => `column_${index + 1}`), warnings: [] };
}
