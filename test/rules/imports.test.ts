import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cruise } from 'dependency-cruiser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import rules, { GROUPS, IMPORTS } from '../../imports.config.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-imports-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Writes sources and gives what the rules find in them: `rule: from → to`. */
async function violations(sources: Record<string, string>): Promise<string[]> {
  for (const [path, text] of Object.entries(sources)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const { forbidden, options } = rules;
  const roots = [...new Set(Object.keys(sources).map((path) => path.split('/')[0] ?? ''))];
  const { output } = await cruise(roots, { ...options, baseDir: folder, ruleSet: { forbidden }, validate: true });
  if (typeof output === 'string') throw new Error(output);
  return output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}

const LEAF = 'export const leaf: number = 1;\nexport type Leaf = typeof leaf;\n';

describe('the import rules', () => {
  it.each([
    ['a value', "import { leaf } from '../runner/leaf.ts';\nexport const found = leaf;\n"],
    ['a type', "import type { Leaf } from '../runner/leaf.ts';\nexport type Found = Leaf;\n"],
    ['a type among values', "import { type Leaf } from '../runner/leaf.ts';\nexport type Found = Leaf;\n"],
    ['a dynamic import', "export const find = async () => (await import('../runner/leaf.ts')).leaf;\n"],
    ['a re-export', "export { leaf } from '../runner/leaf.ts';\n"],
    ['an import for its effects', "import '../runner/leaf.ts';\n"],
  ])('refuse %s of a room that is not allowed', async (_kind, text) => {
    expect(await violations({ 'src/storage/found.ts': text, 'src/runner/leaf.ts': LEAF })).toEqual([
      'imports of storage: src/storage/found.ts → src/runner/leaf.ts',
    ]);
  });

  it('let the workbench import the client and the types of it alone, and nobody the workbench', async () => {
    const sources = {
      'src/client/api.ts': LEAF,
      'src/client/client.ts': LEAF,
      'src/base/leaf.ts': LEAF,
      'src/http/page.ts': "import { a } from '../../web/src/a.ts';\nexport const page = a;\n",
      'web/src/a.ts': "import type { Leaf } from '../../src/client/api.ts';\nexport const a: Leaf = 1;\n",
      'web/src/b.ts': "import { leaf } from '../../src/client/api.ts';\nexport const b = leaf;\n",
      'web/src/c.ts': "import type { Leaf } from '../../src/base/leaf.ts';\nexport const c: Leaf = 1;\n",
      'web/src/d.ts': "import { leaf } from '../../src/client/client.ts';\nexport const d = leaf;\n",
    };
    expect((await violations(sources)).toSorted()).toEqual([
      'imports of the workbench: web/src/c.ts → src/base/leaf.ts',
      'nobody imports the workbench: src/http/page.ts → web/src/a.ts',
      'types of the client: web/src/b.ts → src/client/api.ts',
    ]);
  });

  it('refuse it from a folder of any depth, and allow what the table allows', async () => {
    const text = (path: string) => `import { leaf } from '${path}';\nexport const found = leaf;\n`;
    const sources = {
      'src/runner/a/b/c.ts': text('../../../storage/sqlite/leaf.ts'),
      'src/runner/a/b/d.ts': text('../../../storage/rows.ts'),
      'src/tools/e.ts': text('../agent/tools/leaf.ts'),
      'src/tools/f.ts': text('../agent/tool.ts'),
      'src/agent/tools/leaf.ts': LEAF,
      'src/agent/tool.ts': LEAF,
      'src/storage/sqlite/leaf.ts': LEAF,
      'src/storage/rows.ts': LEAF,
    };
    expect(await violations(sources)).toEqual([
      'imports of runner: src/runner/a/b/c.ts → src/storage/sqlite/leaf.ts',
      'imports of tools: src/tools/e.ts → src/agent/tools/leaf.ts',
    ]);
  });

  it('refuse a cycle that is made of types alone', async () => {
    const text = (path: string) => `import type { T } from '${path}';\nexport type T = T[];\n`;
    const found = await violations({ 'src/base/one.ts': text('./two.ts'), 'src/base/two.ts': text('./one.ts') });
    expect(found).toEqual(['no cycles: src/base/one.ts → src/base/two.ts']);
  });

  it('refuse app/ and main.ts, a room without a line in the table, tests, and files that are not there', async () => {
    const text = (path: string) => `import { leaf } from '${path}';\nexport const found = leaf;\n`;
    const sources = {
      'src/cli/one.ts': text('../app/config.ts'),
      'src/cli/two.ts': text('../main.ts'),
      'src/app/config.ts': LEAF,
      'src/main.ts': LEAF,
      'src/utils/three.ts': text('../base/leaf.ts'),
      'src/base/leaf.ts': LEAF,
      'src/base/four.ts': text('../../test/leaf.ts'),
      'test/leaf.ts': LEAF,
      'src/base/five.ts': text('./gone.ts'),
    };
    expect((await violations(sources)).toSorted()).toEqual([
      'found: src/base/five.ts → ./gone.ts',
      'imports of cli: src/cli/one.ts → src/app/config.ts',
      'imports of cli: src/cli/two.ts → src/main.ts',
      'only sources: src/base/four.ts → test/leaf.ts',
      'rooms in the table: src/utils/three.ts → src/base/leaf.ts',
    ]);
  });
});

it('ARCHITECTURE.md shows the table of the rules', async () => {
  const text = await readFile(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const cell = (allowed: string[]) =>
    allowed.length === 0 ? 'nothing of ours' : allowed.map((one) => (one in GROUPS ? one : `\`${one}\``)).join(', ');
  for (const [name, members] of Object.entries(GROUPS)) expect(text).toContain(`\n- ${name}: ${cell(members)}\n`);
  const [, table = ''] = text.split('| folder | may import |\n| --- | --- |\n');
  const shown = table.slice(0, table.indexOf('\n\n')).split('\n');
  const wanted = Object.entries(IMPORTS).map(([room, allowed]) => `| ${room} | ${cell(allowed)} |`);
  expect(shown).toEqual([...wanted, '| app, `main.ts` | everything; nothing imports them but `bin/` and tests |']);
});
