// The notices of packages that a bundle holds: their licences ask for them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The text of every package's licence, for the chunks that rolldown has written. */
export function licencesOf(output) {
  const folders = new Set(output.flatMap(({ moduleIds = [] }) => moduleIds.flatMap((id) => folderOf(id) ?? [])));
  return [...folders].toSorted().map(noticeOf).join('\n');
}

/** The folder of the package that a module belongs to; undefined for one of ours. */
function folderOf(id) {
  return /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
}

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
  const texts = files.map((file) => `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`);
  return `${name} ${version} (${license})\n${texts.join('')}`;
}
