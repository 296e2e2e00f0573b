/** The parts of a cap that several starts get: by their costs, or all alike where one is unknown. Their sum is the cap. */
export function shareCap(cap: number, costs: readonly (number | null)[]): number[] {
  const isKnown = costs.every((cost) => cost !== null && cost > 0);
  const weights = costs.map((cost) => (isKnown ? (cost ?? 1) : 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (cap * weight) / total);
}
