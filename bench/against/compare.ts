import { type Checkout, OWN } from '../checkout.ts';
import { interleave, medianRatio } from '../pairs.ts';
import { type BenchContext, median, type Section, verdict } from '../part.ts';

/** The share by which a figure may be worse than before. */
const TOLERANCE = 0.05;

/** A measurement that a part makes of two checkouts in turn. */
export interface Comparison {
  title: string;
  /** The measured figures and the method. */
  about: string;
  trials: Trial[];
}

/** One measurement of a checkout, and its figures. */
export interface Trial {
  /** With its number of rows. */
  what: string;
  figures: Figure[];
  /** Resolves to the figures, by their names. */
  run(checkout: Checkout): Promise<Record<string, number>>;
}

interface Figure {
  name: string;
  /** The better direction, in which the figure has a limit. Without it the figure is only shown. */
  better?: 'more' | 'less';
}

/** Makes the comparison of a part. */
export type Comparing = (context: AgainstContext) => Comparison | Promise<Comparison>;

/** The arguments of a comparison, in addition to those of every part. */
export interface AgainstContext extends BenchContext {
  other: Checkout;
  /** Sizes of the batches of `memory`. */
  sizes: readonly number[];
}

/** Measures the other checkout and this one in turn: each figure before and after, and the median of the ratios. */
export async function compareCheckouts(
  { title, about, trials }: Comparison,
  { other, pairs, progress }: AgainstContext,
): Promise<Section> {
  const rows: string[][] = [];
  const verdicts = [];
  for (const { what, figures, run } of trials) {
    const measure = (checkout: Checkout) => (round: number) => {
      progress(`${what}, pair ${round + 1} of ${pairs}, ${checkout.name}`);
      return run(checkout);
    };
    const found = await interleave(pairs, { before: measure(other), after: measure(OWN) });
    for (const { name, better } of figures) {
      const figure = (result: Record<string, number>) => result[name] ?? Number.NaN;
      const [before, after] = (['before', 'after'] as const).map((side) =>
        median(found.map((pair) => figure(pair[side]))),
      );
      const ratio = medianRatio(found, ['after', 'before'], figure);
      rows.push([what, name, shown(before), shown(after), ratio.toFixed(3)]);
      if (better === undefined) continue;
      const limit = better === 'more' ? { least: 1 - TOLERANCE } : { most: 1 + TOLERANCE };
      verdicts.push(verdict(`${name}, after over before: ${what}`, ratio, limit));
    }
  }
  return {
    title: `${title}: before and after`,
    about: `${about} Before is ${other.name}, after is this checkout, run in turn (pairs: ${pairs}) with the same packages and the same Node. Figures are medians, the ratio is the median of the pairs’ own.`,
    header: ['what', 'figure', 'before', 'after', 'ratio'],
    rows,
    verdicts,
  };
}

function shown(value = Number.NaN): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : `${Number(value.toPrecision(3))}`;
}
