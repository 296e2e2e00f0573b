import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { PROVIDERS } from '../../src/providers/catalog.ts';

const SRC = resolve(import.meta.dirname, '..', '..', 'src');
/** What names of models begin with. */
const PREFIXES = ['claude-', 'gpt-', 'chatgpt-', 'text-embedding-'];
/** The catalog, commands that are made for one provider (the demo for a script), and the face that speaks the form of another's chat API. */
const NAMED_AFTER_ONE =
  /^(providers\/catalog\.ts|cli\/bedrock\/.*|cli\/commands\/bedrock-processing\.ts|cli\/demo\/demo-mongo\.ts|cli\/commands\/commands\.ts|client\/api\.ts|http\/openai-error\.ts|http\/resources\/chat\/completion.*\.ts|http\/middleware\/on-error\.ts)$/;
/** Folders that build on the wire format of another: whose models it serves, whose API it speaks. */
const BUILDS_ON: { [folder: string]: string[] } = {
  bedrock: ['anthropic', 'claude-', 'openai'],
  'openai-compatible': ['openai'],
};

/** Comments say where a fact comes from, so they may name anyone. */
function codeOf(file: string): string {
  return readFileSync(join(SRC, file), 'utf8')
    .replace(/^\s*\/\*\*?[\s\S]*?\*\//gm, '')
    .replace(/(^|\s)\/\/ .*$/gm, '');
}

function namesIn(file: string): string[] {
  const folder = /^providers\/([^/]+)\//.exec(file)?.[1] ?? '';
  const own = PROVIDERS.some(({ name }) => name === folder) ? [folder, ...PREFIXES, ...(BUILDS_ON[folder] ?? [])] : [];
  const others = [...PROVIDERS.map(({ name }) => name), ...PREFIXES].filter((name) => !own.includes(name));
  const code = codeOf(file);
  return others.filter((name) => new RegExp(name, 'i').test(code));
}

test('only its own folder and the catalog know a provider by name', () => {
  const files = globSync('**/*.ts', { cwd: SRC }).filter((file) => !NAMED_AFTER_ONE.test(file));
  expect(files.length).toBeGreaterThan(300);
  const found = files.flatMap((file) => namesIn(file).map((name) => `${file}: ${name}`));
  expect(found).toEqual([]);
});
