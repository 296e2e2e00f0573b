// Packs the project, installs the tarball into an empty folder and runs the demo there, as a user would have it.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rowmill-tarball-'));
const run = (command, args, options) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options });

try {
  const [{ filename, size, files }] = JSON.parse(
    run('npm', ['pack', '--json', '--silent', '--pack-destination', folder], { cwd: root }),
  );
  const unwanted = files.filter(({ path }) => /^(src|test|bench|\.ci)\//.test(path));
  if (unwanted.length > 0) throw new Error(`The tarball holds ${unwanted[0].path}.`);
  writeFileSync(join(folder, 'package.json'), '{"private": true}\n');
  // The lockfile's versions are what was tested; without it the newest in range would be installed.
  run('npm', ['install', '--no-fund', '--no-audit', join(folder, filename)], { cwd: folder });
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    ROWMILL_DATA_DIR: join(folder, 'data'),
  };
  const work = join(folder, 'work');
  cpSync(join(root, 'examples', 'addresses.csv'), join(work, 'addresses.csv'));
  const output = run(process.execPath, [join(folder, 'node_modules', '.bin', 'rowmill'), 'demo'], { cwd: work, env });
  const table = readdirSync(work).find((name) => name.startsWith('addresses-broadband') && name.endsWith('.csv'));
  if (table === undefined) throw new Error(`The demo wrote no table.\n${output}`);
  const lines = readFileSync(join(work, table), 'utf8').trim().split('\n');
  process.stdout.write(
    `tarball ${filename}: ${size} bytes, ${files.length} files; the demo wrote ${table} with ${lines.length - 1} lines after its header\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
