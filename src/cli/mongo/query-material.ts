import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { PACKAGE_ROOT } from '../../base/process/package-root.ts';

const FOLDER = join(PACKAGE_ROOT, 'examples', 'conversations');

const texts = z.array(z.string()).min(1);
const ends = { greetings: texts, closings: texts };

const language = z.strictObject({
  language: z.string(),
  /** How many of the queries are in it, in proportion. */
  share: z.number(),
  countries: texts,
  names: texts,
  cities: texts,
  weekdays: texts,
  products: texts,
  /** Products with a plug. */
  appliances: texts,
  money: z.string(),
  email: z.strictObject(ends),
  chat: z.strictObject(ends),
  phone: z.strictObject({ ...ends, agent: texts }),
  moods: z.strictObject({ calm: texts, upset: texts, glad: texts }),
  situations: z.array(
    z.strictObject({
      /** 1 is the most urgent. */
      priority: z.number(),
      moods: z.array(z.enum(['calm', 'upset', 'glad'])),
      subjects: texts,
      openings: texts,
      details: texts,
      asks: texts,
    }),
  ),
  /** Whole queries that fit no situation. */
  oddities: z.array(z.string()).default([]),
});

/** The sentences of one language that invented queries are made of. */
export type QueryMaterial = z.output<typeof language>;

/** Reads the bundled sentences, one file a language, in a fixed order. */
export async function readQueryMaterial(): Promise<QueryMaterial[]> {
  const names = globSync('*.yaml', { cwd: FOLDER }).sort();
  return Promise.all(names.map(async (name) => language.parse(parse(await readFile(join(FOLDER, name), 'utf8')))));
}
