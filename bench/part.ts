import type { ModelServer } from './measure.ts';

/** The arguments of every part of the bench. */
export interface BenchContext {
  /** Fewer rows and cells: for a first look, not for the record. */
  isQuick: boolean;
  /** How often clients that are compared run in turn: an odd number has a median of its own. */
  pairs: number;
  server: ModelServer;
  /** A folder for tables and stores, removed at the end. */
  folder: string;
  /** Prints progress on stderr. */
  progress(text: string): void;
}

/** The result of a part: a table, and the limits of its figures. */
export interface Section {
  title: string;
  /** One paragraph: what was measured and how. */
  about: string;
  header: string[];
  rows: string[][];
  verdicts: Verdict[];
}

/** One figure that has a limit. */
export interface Verdict {
  what: string;
  figure: string;
  limit: string;
  holds: boolean;
}

/** One part of the bench. */
export type Part = (context: BenchContext) => Promise<Section>;

/** A verdict on a figure that has to be at least, or at most, the limit. */
export function verdict(
  what: string,
  value: number,
  { least, most, unit = '' }: { least?: number; most?: number; unit?: string },
): Verdict {
  const limit = least === undefined ? `≤ ${most}${unit}` : `≥ ${least}${unit}`;
  const holds = value >= (least ?? Number.NEGATIVE_INFINITY) && value <= (most ?? Number.POSITIVE_INFINITY);
  return { what, figure: `${Number(value.toPrecision(3))}${unit}`, limit, holds };
}

/** A count with its thousands set apart. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** The middle one; of two, the lower. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
