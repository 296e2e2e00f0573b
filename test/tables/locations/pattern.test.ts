import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patternMatcher } from '../../../src/tables/locations/pattern.ts';
import type { Tables } from '../../../src/tables/table.ts';
import { faultOf } from '../../contracts/tables-place.ts';
import { createTestTables } from '../../support/tables.ts';

let base: string;
let tables: Tables;
beforeAll(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-pattern-')));
  for (const folder of ['in/data', 'outside']) await mkdir(join(base, folder), { recursive: true });
  for (const name of ['in/data/a.csv', 'in/data/.hidden.csv', 'in/data/a*.tsv', 'outside/secret.csv']) {
    await writeFile(join(base, name), 'a\n1\n');
  }
  await symlink(join(base, 'in/data/a.csv'), join(base, 'in/data/b.csv'));
  await symlink(join(base, 'outside'), join(base, 'in/link'));
  tables = createTestTables({
    roots: [join(base, 'in')],
  });
});
afterAll(() => rm(base, { recursive: true }));

const partsOf = async (name: string): Promise<string[] | undefined> => {
  const source = await tables.openSource(join(base, name));
  await source.close();
  return source.parts?.().map((part) => part.name);
};

test.each([
  ['*.csv', ['a.csv', 'ä b.csv', '.csv'], ['a.tsv', 'x/a.csv', 'a.csv.gz']],
  ['**/*.csv', ['a.csv', 'x/a.csv', 'x/y/a.csv'], ['a.tsv']],
  ['a?.csv', ['ab.csv', 'a🙂.csv'], ['a.csv', 'a/.csv']],
  ['a+(b)[c].csv', ['a+(b)[c].csv'], ['aab.csv', 'a+bc.csv']],
])('%s matches %j and not %j', (pattern, yes, no) => {
  const matches = patternMatcher(pattern);
  expect(yes.filter((path) => !matches(path))).toEqual([]);
  expect(no.filter(matches)).toEqual([]);
});

test('a folder leaves out hidden files and takes links to files within the allowed folders', async () => {
  expect(await partsOf('in/data')).toEqual(['a*.tsv', 'a.csv', 'b.csv']);
});

test('a file that is called like a pattern is the file', async () => {
  expect(await partsOf('in/data/a*.tsv')).toBeUndefined();
});

test.each(['outside/*.csv', 'in/../outside/*', 'in/link/*.csv', 'in/link', 'in/data/*/../../../outside/*'])(
  'what %s stands for is not read: it is outside of the allowed folders',
  async (name) => {
    const fault = await faultOf(tables.openSource(`${base}/${name}`));
    expect(['file_not_allowed', 'uri_invalid', 'file_not_found']).toContain(fault.code);
    expect(fault.message).not.toContain('secret');
  },
);

test('a link in a folder to a file outside of the allowed folders is refused', async () => {
  await mkdir(join(base, 'in/linked'), { recursive: true });
  await symlink(join(base, 'outside/secret.csv'), join(base, 'in/linked/a.csv'));
  expect((await faultOf(tables.openSource(join(base, 'in/linked')))).code).toBe('file_not_allowed');
});
