import type { Schemas } from '../../../data/api.ts';
import { messages } from '../messages.ts';

type Row = Schemas['Row'];

/** A column that says something about the row itself. */
export type FactKey = '_status' | '_started_at' | '_ended_at' | '_took' | '_attempt';

/** A column of the grid: of the table (`in.`), of the answer (`out.`), or a fact about the row. */
export interface GridColumn {
  key: string;
  /** What stands in the header. */
  label: string;
  /** In pixels; undefined: it shares the room that is left. */
  width: number | undefined;
  /** It stays at the left while the others scroll. */
  isPinned: boolean;
}

/** The facts in the order in which they are offered. */
export const FACTS: readonly FactKey[] = ['_status', '_started_at', '_ended_at', '_took', '_attempt'];
const FACT_WIDTHS: { [key in FactKey]: number } = {
  _status: 128,
  _started_at: 88,
  _ended_at: 88,
  _took: 80,
  _attempt: 80,
};
/** What a column has at the least where all share the room, in pixels. */
const LEAST_SHARE = 112;
/** What a column of the table has while there is no answer, in pixels. */
const WAITING_SOURCE = 160;
const WIDTHS = { least: 48, most: 2000 };
/** The number of a row, up to 9,999,999, in pixels. */
export const NUMBER = 92;
const SHOWN_FACTS: readonly FactKey[] = ['_status', '_started_at', '_ended_at', '_took'];
/** What the facts of a row take beside its number, all or the status alone, in pixels. */
const FACTS_WIDTH = SHOWN_FACTS.reduce((sum, key) => sum + FACT_WIDTHS[key], 0);

/** Makes a column from its key, with what a person chose for it. */
export function gridColumn(
  key: string,
  chosen: { width?: number | undefined; isPinned?: boolean | undefined } = {},
): GridColumn {
  const { width = FACT_WIDTHS[key as FactKey] as number | undefined, isPinned = false } = chosen;
  // What is pinned needs a width: the next pinned one stands behind it.
  return { key, label: labelOf(key), width: width ?? (isPinned ? LEAST_SHARE : undefined), isPinned };
}

/** Whether every value of a column has room: a fact's has, unless a person made its column smaller. */
export function isWhole({ key, width }: GridColumn): boolean {
  return (width ?? 0) >= (FACT_WIDTHS[key as FactKey] ?? Number.POSITIVE_INFINITY);
}

function labelOf(key: string): string {
  if (key.startsWith('_')) return messages.facts[key as FactKey];
  // Before the first answer there is a place for it.
  return key === 'out.' ? messages.answer : key.slice(key.indexOf('.') + 1);
}

/**
 * What the grid shows until a person chooses: two columns of the table, the facts, and three of the answer. Where there is
 * no room for them, the facts leave first, then a part of the others.
 */
export function defaultColumns(names: ColumnNames, room: number): GridColumn[] {
  const beside = Math.floor((room - NUMBER - FACT_WIDTHS._status) / LEAST_SHARE);
  const source = names.source.slice(0, beside < 4 ? 1 : 2);
  const answers = names.answer.slice(0, Math.max(1, Math.min(3, beside - source.length)));
  const shared = source.length + Math.max(1, answers.length);
  const hasRoom = room - NUMBER - FACTS_WIDTH >= shared * LEAST_SHARE;
  const facts = hasRoom ? SHOWN_FACTS : SHOWN_FACTS.slice(0, 1);
  // Until there is an answer, its place has the room: it shows why rows failed.
  const width = answers.length === 0 && hasRoom ? WAITING_SOURCE : undefined;
  return [
    ...source.map((key) => gridColumn(key, { width })),
    ...[...facts, ...(answers.length === 0 ? ['out.'] : answers)].map((key) => gridColumn(key)),
  ];
}

/** The keys of the columns that there are. */
export interface ColumnNames {
  source: string[];
  answer: string[];
}

/** The columns that the rows in view have. The answer's are known once a row has one. */
export function columnNames(rows: Iterable<Row>): ColumnNames {
  const source = new Set<string>();
  const answer = new Set<string>();
  for (const row of rows) {
    for (const name of Object.keys(row.source)) source.add(`in.${name}`);
    for (const name of Object.keys(row.output ?? {})) answer.add(`out.${name}`);
  }
  return { source: [...source], answer: [...answer] };
}

/** The names of both; the first ones themselves where the second ones have no further. */
export function mergeNames(known: ColumnNames, found: ColumnNames): ColumnNames {
  const isKnown = (['source', 'answer'] as const).every((kind) =>
    found[kind].every((key) => known[kind].includes(key)),
  );
  if (isKnown) return known;
  const both = (kind: keyof ColumnNames) => [...new Set([...known[kind], ...found[kind]])];
  return { source: both('source'), answer: both('answer') };
}

/** Reads the columns of an address; an entry is a key, `!` before a pinned one, `~` and pixels after it. */
export function readColumns(entries: readonly string[]): GridColumn[] {
  return entries.flatMap((entry) => {
    const [, pin, key, pixels] = /^(!?)(.*?)(?:~(\d{1,4}))?$/s.exec(entry) ?? [];
    if (key === undefined || !(/^(in|out)\./.test(key) || FACTS.includes(key as FactKey))) return [];
    return [
      gridColumn(key, { width: pixels === undefined ? undefined : within(Number(pixels)), isPinned: pin === '!' }),
    ];
  });
}

/** The other direction of {@link readColumns}. */
export function writeColumns(columns: readonly GridColumn[]): string[] {
  return columns.map(({ key, width, isPinned }) => {
    const isUsual = width === undefined || width === FACT_WIDTHS[key as FactKey];
    // A name that ends like a width has its own behind it.
    const pixels = isUsual && !/~\d{1,4}$/.test(key) ? '' : `~${width ?? LEAST_SHARE}`;
    return `${isPinned ? '!' : ''}${key}${pixels}`;
  });
}

/** What a grid needs for its columns and the numbers of its rows, in pixels. */
export function leastWidth(columns: readonly GridColumn[]): number {
  return columns.reduce((sum, { width }) => sum + (width ?? LEAST_SHARE), NUMBER);
}

/**
 * The widths of the grid's columns for CSS, that of the row's number first. Where none shares the room that is left, the
 * last one has it.
 */
export function tracks(columns: readonly GridColumn[]): string {
  const isFixed = columns.every(({ width }) => width !== undefined);
  const widths = columns.map(({ width }, index) =>
    width === undefined || (isFixed && index === columns.length - 1)
      ? `minmax(${width ?? LEAST_SHARE}px, 1fr)`
      : `${width}px`,
  );
  return [`${NUMBER}px`, ...widths].join(' ');
}

/** A width that a column may have. */
export function within(width: number): number {
  return Math.round(Math.min(WIDTHS.most, Math.max(WIDTHS.least, width)));
}
