import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AgentDefinition } from '../../../agent/definition.ts';

/** The content of each file that an agent's `module` tools name, as SHA-256, by its path in the definition. */
export async function hashModules({
  tools,
  base_dir: folder = '.',
}: AgentDefinition): Promise<{ [path: string]: string }> {
  const hashes: { [path: string]: string } = {};
  for (const tool of tools) {
    if (!('module' in tool)) continue;
    hashes[tool.module] = createHash('sha256')
      .update(await readFile(resolve(folder, tool.module)))
      .digest('hex');
  }
  return hashes;
}
