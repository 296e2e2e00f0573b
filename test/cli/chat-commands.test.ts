import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { App } from '../../src/cli/app.ts';
import { openingLines } from '../../src/cli/chat-commands.ts';
import { createGivenRegistry } from '../../src/registry/given-registry.ts';
import { testAgent } from '../runner/world.ts';

it('the opening of a chat names the tables and agents at hand', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rowmill-opening-'));
  for (const name of ['b.csv', 'a.xlsx', 'c.jsonl.gz', 'notes.txt']) await writeFile(join(folder, name), '');
  const registry = createGivenRegistry([testAgent({ name: 'classifier' })], 'a test');
  const lines = await openingLines({ registry } as App, folder);
  expect(lines).toContain('Tables here: a.xlsx, b.csv, c.jsonl.gz.');
  expect(lines).toContain('Agents: classifier.');
  const none = await openingLines(
    { registry: createGivenRegistry([], 'a test') } as unknown as App,
    join(folder, 'no'),
  );
  expect(none.join('\n')).toMatch(/Tables here: none[\s\S]*Agents: none yet/);
  await rm(folder, { recursive: true });
});
