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

/** The candidates, most alike first: those that contain the name or are contained in it, then by edit distance. */
export function mostAlike(name: string, candidates: readonly string[]): string[] {
  const wanted = letters(name);
  const ranked = candidates.map((candidate) => {
    const text = letters(candidate);
    const isPart = text !== '' && wanted !== '' && (text.includes(wanted) || wanted.includes(text));
    return { candidate, rank: (isPart ? 0 : 1) + leven(wanted, text) / Math.max(wanted.length, text.length, 1) };
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ candidate }) => candidate);
}

function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}
