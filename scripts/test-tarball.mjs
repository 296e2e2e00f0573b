// Packs the project, installs the tarball into an empty folder and runs the demo there, like a user. Then it removes the
// SDKs, and checks the messages that say what to install.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rowmill-tarball-'));
/** Commands that need a missing SDK: arguments, variables, the package that the message names. */
const WITHOUT_SDKS = [
  [['run', 'plums.csv', '--agent', 'gemini', '--dry-run'], {}, '@google/genai'],
  [['run', 'plums.csv', '--agent', 'bedrock', '--dry-run'], {}, '@aws-sdk/client-bedrock-runtime'],
  [['analyze', 's3://bucket/plums.csv'], {}, '@aws-sdk/client-s3'],
  [['analyze', 's3://bucket/plums-*.csv'], {}, '@aws-sdk/client-s3'],
  [['agents', 'list'], { ROWMILL_AGENTS: 'dynamodb://plums' }, '@aws-sdk/client-dynamodb'],
];
const MODELS = { gemini: 'gemini-3-flash', bedrock: 'a-model' };
const AGENTS = Object.entries(MODELS).map(
  ([provider, model]) => `  - name: ${provider}
    model: { provider: ${provider}, model: ${model} }
    instructions: Taste.
    input: { type: object, properties: { name: { type: string } } }
    structured_output: { schema: { type: object, properties: { word: { type: string } } } }
`,
);
/** A program that uses the client. */
const CLIENT = `import { createClient, type Schemas } from 'rowmill/client';
const client = createClient({ url: 'https://rowmill.example.com', apiKey: 'key' });
const { data, error } = await client.GET('/v1/batches/{id}', { params: { path: { id: 'bat_1' } } });
const batch: Schemas['Batch'] | undefined = data;
const code: string | undefined = error?.code;
// @ts-expect-error there is no such path
await client.GET('/v1/nothing');
console.log(batch?.counts.failed, code);
`;
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
  writeFileSync(join(work, 'client.mts'), CLIENT);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const strict = ['--strict', '--module', 'nodenext', '--target', 'es2024', '--types', '', '--lib', 'es2024,dom'];
  run(process.execPath, [tsc, '--noEmit', '--ignoreConfig', ...strict, 'client.mts'], { cwd: work });
  run(process.execPath, ['--input-type=module', '--eval', "await import('rowmill/client')"], { cwd: work });
  process.stdout.write('rowmill/client type-checks and loads\n');
  run('npm', ['prune', '--omit=optional', '--no-fund', '--no-audit'], { cwd: folder });
  rmSync(join(folder, 'node_modules', '@google', 'genai'), { recursive: true });
  writeFileSync(join(work, 'agents.yaml'), `agents:\n${AGENTS.join('')}`);
  writeFileSync(join(work, 'plums.csv'), 'name\nMirabelle\n');
  const bin = join(folder, 'node_modules', '.bin', 'rowmill');
  for (const [args, variables, name] of WITHOUT_SDKS) {
    const options = { cwd: work, env: { ...env, ...variables }, encoding: 'utf8' };
    const { stdout, stderr } = spawnSync(process.execPath, [bin, ...args], options);
    const said = `${stdout}${stderr}`;
    if (!new RegExp(`Install ${name}[^\\n]*: npm install ${name}`).test(said.replace(/\s+/g, ' '))) {
      throw new Error(`${args.join(' ')} does not say to install ${name}:\n${said}`);
    }
  }
  run(process.execPath, [bin, 'demo'], { cwd: work, env });
  process.stdout.write(`without SDKs: ${WITHOUT_SDKS.length} SDKs asked for by name, and the demo runs\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
