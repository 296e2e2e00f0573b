import { decimalCommaOf } from '../../base/json/decimal-comma.ts';
import { ExactNumber } from '../../base/json/exact-number.ts';
import type { Cell } from '../cell.ts';
import type { TableWarning } from '../row-source.ts';
import type { ColumnProfile, ColumnType } from '../table.ts';
import { createDistinctCounter, type Measured, measure } from './hyperloglog.ts';
import { createValueCounts, detached } from './value-counts.ts';
import { KINDS, kindOf, timesOf, type ValueKind } from './value-kind.ts';

const TOP_VALUES = 5;
const SAMPLES = 3;
/** Longer values are truncated. */
const SHOWN_CHARACTERS = 200;
/** A column in which one kind has at least this share of the values, but not all, gets a warning. */
const MIXED_SHARE = 0.9;

const KIND_INDEX = new Map<ValueKind, number>(KINDS.map((kind, index) => [kind, index]));

/** Profiles one column. `line` is that of the row. */
export interface ColumnProfiler {
  add(cell: Cell, line: number): void;
  /** @param spread values of rows that are spread over the file, in order */
  finish(name: string, spread: readonly Cell[]): { profile: ColumnProfile; warnings: TableWarning[] };
}

/** @param decimalComma whether numbers are written with a decimal comma */
export function createColumnProfiler(decimalComma = false): ColumnProfiler {
  const counts = createValueCounts();
  const distinct = createDistinctCounter();
  const kindCounts = new Float64Array(KINDS.length);
  const firstLines = new Float64Array(KINDS.length);
  const measured: Measured = { hash: 0, characters: 0 };
  const numbers = createRange();
  const dayFirst = createRange();
  const monthFirst = createRange();
  let nulls = 0;
  let minLength = Number.POSITIVE_INFINITY;
  let maxLength = 0;

  /** Adds a value without a place in `counts`. Properties that equal values share are computed here. */
  const addNew = (text: string, known: ValueKind | undefined): number => {
    const { hash, characters } = measured;
    const number = decimalComma ? decimalCommaOf(text) : undefined;
    const kind = known ?? (decimalComma ? kindWithComma(text, number) : kindOf(text));
    const index = KIND_INDEX.get(kind) ?? 0;
    distinct.add(hash);
    if (characters < minLength) minLength = characters;
    if (characters > maxLength) maxLength = characters;
    if (kind === 'integer' || kind === 'number') numbers.add(Number(number ?? text), text);
    else if (kind === 'date' || kind === 'timestamp') {
      const times = timesOf(text.trim());
      dayFirst.add(times?.dayFirst ?? Number.NaN, text);
      monthFirst.add(times?.monthFirst ?? Number.NaN, text);
    }
    counts.insert(text, hash, index);
    return index;
  };

  return {
    add(cell, line) {
      if (cell === null || cell === '') {
        nulls += 1;
        return;
      }
      const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
      measure(text, measured);
      const place = counts.count(text, measured.hash);
      const kind = place === -1 ? addNew(text, kindOfJson(cell)) : counts.kindAt(place);
      if (kindCounts[kind] === 0) firstLines[kind] = line;
      kindCounts[kind] = (kindCounts[kind] ?? 0) + 1;
    },
    finish(name, spread) {
      const type = typeOf(kindCounts);
      const top = counts.top(TOP_VALUES);
      const values = kindCounts.reduce((sum, count) => sum + count, 0);
      const profile: ColumnProfile = {
        name,
        type,
        nulls,
        distinctEstimate: counts.isExact() ? counts.size() : Math.min(values, distinct.estimate()),
        topValues: top.map(({ value, count }) => ({ value: shown(value), count })),
        samples: samplesOf(
          spread,
          top.map(({ value }) => value),
        ),
      };
      if (type === 'integer' || type === 'number') Object.assign(profile, numbers.bounds());
      if (type === 'date' || type === 'timestamp') {
        Object.assign(profile, (dayFirst.complete() || !monthFirst.complete() ? dayFirst : monthFirst).bounds());
      }
      if (type === 'text' || type === 'url' || type === 'email' || type === 'json') {
        Object.assign(profile, { minLength, maxLength });
      }
      return { profile, warnings: mixedTypes(name, kindCounts, firstLines) };
    },
  };
}

/** The kind where a comma is the decimal sign: then a point makes no number. */
function kindWithComma(text: string, number: string | undefined): ValueKind {
  const kind = kindOf(number ?? text);
  return number === undefined && (kind === 'integer' || kind === 'number') ? 'text' : kind;
}

/** The kind of a JSONL value that is not a string; `undefined` for strings, whose text decides the kind. */
function kindOfJson(cell: Cell): ValueKind | undefined {
  if (typeof cell === 'number') return Number.isInteger(cell) ? 'integer' : 'number';
  if (typeof cell === 'boolean') return 'boolean';
  if (cell instanceof ExactNumber) return /^-?\d+$/.test(cell.digits) ? 'integer' : 'number';
  return typeof cell === 'string' ? undefined : 'json';
}

/**
 * Values of one kind: that kind. Integers and numbers: number. Dates and timestamps: timestamp. Other mixtures: text.
 */
function typeOf(kindCounts: Float64Array): ColumnType {
  const present = KINDS.filter((_, index) => (kindCounts[index] ?? 0) > 0);
  const [only, second] = present;
  if (only === undefined) return 'empty';
  if (second === undefined) return only;
  if (present.length === 2 && only === 'integer' && second === 'number') return 'number';
  if (present.length === 2 && only === 'date' && second === 'timestamp') return 'timestamp';
  return 'text';
}

function mixedTypes(name: string, kindCounts: Float64Array, firstLines: Float64Array): TableWarning[] {
  if (typeOf(kindCounts) !== 'text') return [];
  const total = kindCounts.reduce((sum, count) => sum + count, 0);
  const group = (kind: ValueKind) => (kind === 'integer' ? 'number' : kind === 'date' ? 'timestamp' : kind);
  const byGroup = new Map<string, number>();
  for (const [index, kind] of KINDS.entries()) {
    byGroup.set(group(kind), (byGroup.get(group(kind)) ?? 0) + (kindCounts[index] ?? 0));
  }
  const main = [...byGroup].find(([kind, count]) => kind !== 'text' && count < total && count >= total * MIXED_SHARE);
  if (main === undefined) return [];
  const [kind, count] = main;
  const others = KINDS.flatMap((other, index) =>
    group(other) !== kind && firstLines[index] ? [firstLines[index]] : [],
  );
  const line = Math.min(...others);
  const what = kind === 'timestamp' ? 'dates' : kind === 'json' ? 'JSON' : `${kind}s`;
  const message = `Column "${name}" holds ${what} except for ${total - count} of ${total} values, the first on line ${line}; it is treated as text.`;
  return [{ code: 'mixed_types', message, count: total - count, line }];
}

/** Three values, spread over the file. If the spread rows hold too few values, frequent values are added. */
function samplesOf(spread: readonly Cell[], frequent: readonly string[]): string[] {
  const texts = spread.flatMap((cell) => {
    if (cell === null || cell === '') return [];
    return [typeof cell === 'string' ? cell : JSON.stringify(cell)];
  });
  const found = [...new Set(texts)];
  const step = Math.max(1, (found.length - 1) / (SAMPLES - 1));
  const picked = Array.from({ length: SAMPLES }, (_, index) => found[Math.round(index * step)]);
  const values = new Set([...picked.filter((value) => value !== undefined), ...frequent]);
  return [...values].slice(0, SAMPLES).map(shown);
}

function shown(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return text;
  return `${text.slice(0, SHOWN_CHARACTERS).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** The smallest and the largest added value, as written. */
function createRange() {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  let min = '';
  let max = '';
  let complete = true;
  return {
    add(value: number, text: string): void {
      if (Number.isNaN(value)) complete = false;
      if (value < least) {
        least = value;
        min = detached(text);
      }
      if (value > greatest) {
        greatest = value;
        max = detached(text);
      }
    },
    /** Whether every value could be compared. */
    complete: () => complete,
    bounds: () => (least > greatest ? {} : { min, max }),
  };
}
