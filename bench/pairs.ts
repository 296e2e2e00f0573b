import { median } from './part.ts';

/**
 * Runs each of several measurements once a round. Every other round runs in reverse order, so that a machine that gets
 * slower or faster meanwhile favours none of them.
 */
export async function interleave<Name extends string, Result>(
  rounds: number,
  runs: Record<Name, (round: number) => Promise<Result>>,
): Promise<Record<Name, Result>[]> {
  const found: Record<Name, Result>[] = [];
  const names = Object.keys(runs) as Name[];
  for (let round = 0; round < rounds; round += 1) {
    const results: Partial<Record<Name, Result>> = {};
    for (const name of round % 2 === 0 ? names : names.toReversed()) results[name] = await runs[name](round);
    found.push(results as Record<Name, Result>);
  }
  return found;
}

/** The median over all rounds of one figure's ratio of two measurements of the same round. */
export function medianRatio<Name extends string, Result>(
  rounds: readonly Record<Name, Result>[],
  [over, under]: readonly [Name, Name],
  figure: (result: Result) => number,
): number {
  return median(rounds.map((round) => figure(round[over]) / figure(round[under])));
}
