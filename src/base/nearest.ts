import leven from 'leven';

/** The candidate nearest to `name` by edit distance; undefined when none is near enough. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const maxDistance = Math.max(2, Math.floor(name.length / 3));
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = leven(name.toLowerCase(), candidate.toLowerCase(), { maxDistance: maxDistance + 1 });
    if (distance <= maxDistance && (best === undefined || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}
