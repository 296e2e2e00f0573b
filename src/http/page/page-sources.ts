import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The file in the built page that says what it was built from. */
export const DIGEST_FILE = 'sources.txt';

/** What the page takes from the client of the REST interface; the types beside it are not built into the page. */
const CLIENT = 'src/client/client.ts';

/** The digest of everything that the page is built from; undefined where there are no sources, as in an installed package. */
export function digestOfPage(root: string): string | undefined {
  const web = join(root, 'web');
  if (!existsSync(join(web, 'src'))) return undefined;
  const hash = createHash('sha256');
  for (const path of filesOf(web, '').sort()) hash.update(`${path}\n`).update(readFileSync(join(web, path)));
  if (existsSync(join(root, CLIENT))) hash.update(readFileSync(join(root, CLIENT)));
  return hash.digest('hex');
}

function filesOf(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.name === 'node_modules') return [];
    return entry.isDirectory() ? filesOf(root, path) : [path];
  });
}
