import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { PACKAGE_ROOT } from '../../base/process/package-root.ts';
import { type LookupService, startLookupService } from './lookup-service.ts';

/** The resources of the demo: bundled files, the lookup service, its own data directory. */
export interface DemoStage {
  /** The path of the bundled table. */
  source: string;
  /** The bundled table, as it is named in the conversation. */
  table: string;
  /** Where the output table goes: a path that does not exist yet. */
  out: string;
  lookup: LookupService;
  dataDir: string;
  /** Variables that override the environment. */
  environment: Record<string, string>;
  /** Ends the service and, unless `keep`, removes the data directory. Idempotent. */
  close(options: { keep: boolean }): Promise<void>;
}

/** Folder of the bundled examples. */
const EXAMPLES = join(PACKAGE_ROOT, 'examples');

/** @param out path of the output table; default: a free name in the working folder */
export async function setDemoStage(cwd: string, out: string | undefined): Promise<DemoStage> {
  const lookup = await startLookupService(join(EXAMPLES, 'demo', 'broadband.json'));
  const dataDir = await mkdtemp(join(tmpdir(), 'rowmill-demo-'));
  const target = out === undefined ? freeName(cwd) : resolve(cwd, out);
  const source = join(EXAMPLES, 'addresses.csv');
  return {
    source,
    table: shortest(source, cwd),
    out: shortest(target, cwd),
    lookup,
    dataDir,
    environment: {
      ROWMILL_DATA_DIR: dataDir,
      ROWMILL_AGENTS: join(EXAMPLES, 'demo', 'agents.yaml'),
      ROWMILL_FILES: [...new Set([cwd, EXAMPLES, dirname(target)])].join(delimiter),
      BROADBAND_API_URL: lookup.url,
      // The demo is reached from this machine only, and has no keys of its own.
      ROWMILL_API_KEYS: '',
    },
    close: async ({ keep }) => {
      await lookup.close();
      if (!keep) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Never overwrites: `addresses-broadband.csv`, then `addresses-broadband-2.csv` and so on. */
function freeName(cwd: string): string {
  for (let number = 1; ; number += 1) {
    const path = join(cwd, `addresses-broadband${number === 1 ? '' : `-${number}`}.csv`);
    if (!existsSync(path)) return path;
  }
}

/** The relative path if it stays inside the working folder, otherwise the path itself. */
function shortest(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') || short === '' ? path : short;
}
