import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { moduleFile } from '../../../src/agent/tools/module-tool.ts';
import { readRegularFile } from '../../../src/base/process/read-regular-file.ts';
import { readAnswerSchema, readPrompts } from '../../../src/cli/bedrock/documents.ts';
import { readPriceFile } from '../../../src/providers/prices/price-file.ts';
import { createScriptReader } from '../../../src/providers/scripted/script-file.ts';
import { createYamlRegistry } from '../../../src/registry/yaml-registry.ts';
import { createTestTables } from '../../support/tables.ts';

let folder: string;
let pipe: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rowmill-fifo-'));
  pipe = join(folder, 'validation_schema_pipe.json');
  execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('reads a regular file, and refuses a folder and a file that is too large', () => {
  writeFileSync(join(folder, 'text'), 'grüße');
  expect(readRegularFile(join(folder, 'text'))).toBe('grüße');
  expect(() => readRegularFile(join(folder, 'text'), 3)).toThrow('it is larger than 3 bytes');
  expect(() => readRegularFile(folder)).toThrow('it is a folder');
});

test('every reader of a file that a person names refuses a FIFO that nobody writes to, at once', async () => {
  const readers = [
    () => readRegularFile(pipe),
    () => createYamlRegistry(pipe).list(),
    () => readPriceFile(pipe),
    () => createScriptReader()(pipe),
    () => readPrompts(pipe),
    () => readAnswerSchema(folder),
    () => moduleFile(pipe, undefined, 'the tool'),
    () => createTestTables({ roots: [folder] }).openSource(pipe),
    () => createTestTables({ roots: [folder] }).openWriter(`${pipe}/x.csv`, ['a']),
  ];
  for (const read of readers) {
    await expect((async () => read())(), read.toString()).rejects.toThrow(/regular file|script|is a file/);
  }
});
