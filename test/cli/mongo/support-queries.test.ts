import { beforeAll, describe, expect, it } from 'vitest';
import { type QueryMaterial, readQueryMaterial } from '../../../src/cli/mongo/query-material.ts';
import { supportQuery } from '../../../src/cli/mongo/support-queries.ts';

const COUNT = 2000;

/** The text without what is drawn by lot: numbers, and the case of letters. */
const bare = (text: string) => text.toLowerCase().replaceAll(/\d/g, '');

/** Groups of three words, by which texts are compared. */
function threes(text: string): Set<string> {
  const words = bare(text).split(/\s+/);
  return new Set(words.slice(2).map((_, at) => words.slice(at, at + 3).join(' ')));
}

function likeness(a: Set<string>, b: Set<string>): number {
  // Sets of so different sizes can't be alike: most pairs need no comparison.
  if (Math.min(a.size, b.size) < 0.8 * Math.max(a.size, b.size)) return 0;
  let common = 0;
  for (const three of a) if (b.has(three)) common += 1;
  return common / (a.size + b.size - common);
}

describe('2,000 invented support queries', () => {
  let material: QueryMaterial[];
  let queries: ReturnType<typeof supportQuery>[];
  beforeAll(async () => {
    material = await readQueryMaterial();
    queries = Array.from({ length: COUNT }, (_, number) => supportQuery(number, material));
  });

  it('have different ids', () => {
    expect(new Set(queries.map(({ query_id: id }) => id)).size).toBe(COUNT);
  });

  it('are the same each time, whatever their number is', () => {
    expect(supportQuery(1234, material)).toEqual(queries[1234]);
  });

  it('do not look alike: 98 of 100 share less than four fifths of their wording with any earlier one', () => {
    expect(new Set(queries.map(({ query }) => bare(query))).size).toBeGreaterThan(COUNT * 0.98);
    const seen = Map.groupBy(
      queries.map(({ language, query }) => ({ language, own: threes(query) })),
      ({ language }) => language,
    );
    let alike = 0;
    for (const texts of seen.values()) {
      for (const [at, { own }] of texts.entries()) {
        if (texts.slice(0, at).some((earlier) => likeness(own, earlier.own) > 0.8)) alike += 1;
      }
    }
    expect(alike).toBeLessThan(COUNT * 0.02);
  });

  it('come by e-mail, chat and phone, in seven languages, with every priority', () => {
    const distinct = <T>(of: (query: (typeof queries)[number]) => T) => [...new Set(queries.map(of))].sort();
    expect(distinct(({ channel }) => channel)).toEqual(['chat', 'email', 'phone']);
    expect(distinct(({ language }) => language)).toEqual(['de', 'en', 'es', 'fr', 'it', 'nl', 'pl']);
    expect(distinct(({ priority }) => priority)).toEqual([1, 2, 3, 4]);
  });

  it('have no slot that is not filled, and a subject exactly where they are e-mails of a known situation', () => {
    expect(queries.filter((query) => /[{}]/.test(JSON.stringify([query.query, query.subject])))).toEqual([]);
    expect(queries.filter(({ channel, subject }) => channel !== 'email' && subject !== null)).toEqual([]);
    expect(queries.filter(({ subject }) => subject !== null).length).toBeGreaterThan(COUNT / 3);
  });
});
