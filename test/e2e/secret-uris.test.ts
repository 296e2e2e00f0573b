import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorkspace, type Workspace } from '../cli/workspace.ts';
import { AGENT, type Rig, startRig } from '../tools/rig.ts';

const SECRET = 'pa55w0rd-never-shown';
const URIS = [
  `s3://user:${SECRET}@bucket/table.csv`,
  `s3://bucket/table.csv?X-Amz-Signature=${SECRET}`,
  `https://user:${SECRET}@example.org/table.csv`,
  `https://example.org/table.csv?token=${SECRET}`,
];

let workspace: Workspace;
let rig: Rig;
beforeAll(async () => {
  workspace = await createWorkspace();
  rig = await startRig();
});
afterAll(async () => {
  await workspace.close();
  await rig.close();
});

/** Every byte below a folder, as text. */
async function allText(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')));
  return texts.join('\n');
}

test.each([URIS[0], URIS[3]].map(String))(
  'the command line says and stores nothing of the secret in %s',
  async (uri) => {
    const env = { ROWMILL_LOG_LEVEL: 'debug' };
    const commands = [
      ['run', uri, '--agent', 'greeter', '--yes'],
      ['run', 'people.csv', '--agent', 'greeter', '--out', uri, '--yes', '--json'],
    ];
    for (const command of commands) {
      const { code, stdout, stderr } = await workspace.run(command, { env });
      expect(code).toBe(2);
      expect(stdout + stderr).toMatch(/was given with credentials|is not supported/);
      expect(stdout + stderr).not.toContain(SECRET);
    }
    expect(await allText(join(workspace.folder, 'data'))).not.toContain(SECRET);
  },
  60_000,
);

test.each(URIS)('the tools refuse %s without its secret', async (uri) => {
  const calls = [
    ['analyze_csv_structure', { csv_uri: uri }],
    ['execute_batch_processor', { csv_uri: uri, target: AGENT }],
    ['execute_batch_processor', { csv_uri: rig.table, target: AGENT, output_uri: uri }],
  ] as const;
  for (const [name, input] of calls) {
    const error = await rig.fail(name, input);
    expect(error['code']).toBe('uri_invalid');
    expect(JSON.stringify(error)).not.toContain(SECRET);
  }
  const checked = await rig.call('validate_agent_compatibility', { agent_name: AGENT.name, csv_uri: uri });
  expect(JSON.stringify(checked)).toContain('uri_invalid');
  expect(JSON.stringify(checked)).not.toContain(SECRET);
});

test('a refused URI is told where its credentials belong', async () => {
  const error = await rig.fail('analyze_csv_structure', { csv_uri: String(URIS[0]) });
  expect(error['message']).toContain('AWS_ACCESS_KEY_ID');
  expect(error['message']).toContain('"s3://bucket/table.csv"');
});
