import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { DIGEST_FILE, digestOfPage } from './page-sources.ts';
import { type PageManifest, screenScripts } from './screen-scripts.ts';

/** A file of the page, with its compressed forms where the build made them. */
export interface PageFile {
  type: string;
  plain: Uint8Array<ArrayBuffer>;
  br?: Uint8Array<ArrayBuffer>;
  gzip?: Uint8Array<ArrayBuffer>;
  /** Its name changes with its content. */
  isForever: boolean;
}

/** The built page: its document, or why there is none that may be shown; and its other files. */
export interface Page {
  document(): PageFile | { fault: string };
  /** The scripts of the screen at a path, beside those that the document names. Contract: after {@link document}. */
  scripts(path: string): string[];
  file(path: string): PageFile | undefined;
}

const BUILD = 'npm run build:web';
const TYPES: { [extension: string]: string } = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/**
 * Opens the page that was built into `dist/web`. Files are read at their first request. In a checkout, a page that is older
 * than its sources is not shown.
 * @param root the folder of the package
 */
export function openPage(root: string): Page {
  const folder = join(root, 'dist', 'web');
  let known = new Map<string, PageFile>();
  let digest: string | undefined;
  let manifest: PageManifest | undefined;

  /** Forgets what was read when the page was built again. */
  function refresh(): void {
    const built = readText(join(folder, DIGEST_FILE));
    if (built !== digest) [known, manifest] = [new Map(), undefined];
    digest = built;
  }

  function file(path: string): PageFile | undefined {
    const found = known.get(path) ?? readPageFile(folder, path);
    if (found !== undefined) known.set(path, found);
    return found;
  }

  return {
    file,
    scripts(path) {
      manifest ??= JSON.parse(readText(join(folder, 'manifest.json')) ?? '{}') as PageManifest;
      return screenScripts(manifest, path);
    },
    document() {
      refresh();
      const sources = digestOfPage(root);
      if (digest === undefined) return { fault: `The page is not built. Build it: ${BUILD}` };
      if (sources !== undefined && sources !== digest) {
        return { fault: `The page is older than its sources in web/. Build it again: ${BUILD}` };
      }
      return file('index.html') ?? { fault: `The page is damaged: index.html is missing. Build it again: ${BUILD}` };
    },
  };
}

/** A file of the built page. What the build did not write is not served: a path can't leave the folder. */
function readPageFile(folder: string, path: string): PageFile | undefined {
  const type = TYPES[extname(path)];
  if (type === undefined || !/^(assets\/)?[\w-]+(\.[\w-]+)+$/.test(path)) return undefined;
  const isForever = path.startsWith('assets/');
  const inside = isForever ? join(folder, 'assets') : folder;
  const name = isForever ? path.slice('assets/'.length) : path;
  if (!existsSync(inside) || !readdirSync(inside).includes(name)) return undefined;
  const whole = join(inside, name);
  const br = readBytes(`${whole}.br`);
  const gzip = readBytes(`${whole}.gz`);
  return { type, isForever, plain: new Uint8Array(readFileSync(whole)), ...(br && { br }), ...(gzip && { gzip }) };
}

function readBytes(path: string): Uint8Array<ArrayBuffer> | undefined {
  return existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
}

function readText(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}
