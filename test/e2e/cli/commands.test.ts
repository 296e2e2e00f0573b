import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../../cli/workspace.ts';

let space: Workspace;
beforeAll(async () => {
  space = await createWorkspace();
});
afterAll(() => space.close());

describe('rowmill run', () => {
  it('runs every row and prints one JSON document', async () => {
    const done = await space.run(['run', 'people.csv', '--agent', 'greeter', '--out', 'out.csv', '--json']);
    expect(done.stderr).toBe('');
    expect(done.code).toBe(0);
    const report = JSON.parse(done.stdout);
    expect(report).toMatchObject({
      status: 'completed',
      counts: { total: 3, succeeded: 3, failed: 0 },
      output_uri: expect.stringContaining('out.csv'),
      cost_usd: 0,
    });
    expect(report.batch_id).toMatch(/^bat_/);
    const table = await readFile(space.path('out.csv'), 'utf8');
    expect(table.split('\n')[0]).toBe('name,town,greeting,_status,_processing_time,_error');
    expect(table).toMatch(/^"O""Hara, Jo",Wexcombe,"Hello O""Hara, Jo",SUCCESS,/m);
  });

  it('shows plan and result to a person: progress on stderr, result on stdout', async () => {
    const done = await space.run(['run', 'people.csv', '-a', 'greeter']);
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/rows\s+3: 3 succeeded, 0 failed/);
    expect(done.stderr).toMatch(/mapping\s+name ← name/);
    expect(done.stderr).toMatch(/Started bat_/);
    expect(done.stdout + done.stderr).not.toContain('\u001b');
  });

  it('shows plan, mapping and estimate of a dry run, and starts nothing', async () => {
    const before = JSON.parse((await space.run(['batches', 'list', '--json'])).stdout).batches.length;
    const done = await space.run(['run', 'people.csv', '-a', 'greeter', '--dry-run', '--json', '--map', 'name=town']);
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({
      dry_run: true,
      problems: [],
      row_count: 3,
      input_mapping: { name: 'town' },
    });
    const after = JSON.parse((await space.run(['batches', 'list', '--json'])).stdout).batches.length;
    expect(after).toBe(before);
  });

  it('takes mapping, fields, further columns and constants', async () => {
    const done = await space.run([
      ...['run', 'people.csv', '-a', 'greeter', '--json', '--out', 'mapped.csv'],
      ...['--map', "name={% $uppercase(name) & '!' %}", '--map', 'town=value:"X"', '--fields', 'greeting'],
      ...['--column', "loud={% output.greeting & ' ' & row.town %}"],
    ]);
    expect(done.code).toBe(0);
    expect(await readFile(space.path('mapped.csv'), 'utf8')).toContain(
      'Ann,Wexcombe,Hello ANN!,Hello ANN! Wexcombe,SUCCESS',
    );
  });

  it('starts once for one idempotency key', async () => {
    const args = ['run', 'people.csv', '-a', 'greeter', '--json', '--idempotency-key', 'once'];
    const first = JSON.parse((await space.run(args)).stdout);
    const second = await space.run(args);
    expect(JSON.parse(second.stdout).batch_id).toBe(first.batch_id);
    expect(second.code).toBe(0);
  });

  it('runs in real time with a warning where a batch API is asked for and there is none, or not at all', async () => {
    const args = ['run', 'people.csv', '-a', 'greeter', '--json', '--mode', 'batch', '--out', 'batch.csv'];
    const strict = await space.run([...args, '--no-fallback']);
    expect(strict.code).toBe(2);
    expect(JSON.parse(strict.stdout).error).toMatchObject({
      code: 'option_not_supported',
      message: expect.stringContaining('a script that stands in for a model has no batch API'),
    });
    const done = await space.run(args);
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({
      executor: 'realtime',
      warnings: expect.arrayContaining([expect.stringContaining('The rows run in real time, at the full price')]),
    });
  });

  it.each([
    ['--mode', 'sometimes'],
    ['--batch-threshold', '0'],
    ['--batch-deadline', '0'],
    ['--batch-jobs', '1.5'],
  ])('refuses %s %s', async (...option) => {
    const done = await space.run(['run', 'people.csv', '-a', 'greeter', '--json', ...option]);
    expect(done.code).toBe(2);
    expect(JSON.parse(done.stdout).error).toMatchObject({ code: 'invalid_arguments' });
  });

  it.each([
    ['a missing file', ['run', 'nope.csv', '-a', 'greeter'], 'file_not_found'],
    ['an unknown agent', ['run', 'people.csv', '-a', 'greter'], 'agent_not_found'],
    ['an agent without structured output', ['run', 'people.csv', '-a', 'orchestrator'], 'agent_not_structured'],
    ['an unknown column', ['run', 'people.csv', '-a', 'greeter', '--map', 'name=nmae'], 'column_unknown'],
    [
      'an expression that does not parse',
      ['run', 'people.csv', '-a', 'greeter', '--map', 'name={% ( %}'],
      'expression_invalid',
    ],
    ['a missing agent', ['run', 'people.csv'], 'invalid_arguments'],
    ['an unknown option', ['run', 'people.csv', '-a', 'greeter', '--frobnicate'], 'invalid_arguments'],
    ['a number that is none', ['run', 'people.csv', '-a', 'greeter', '--sample', 'few'], 'invalid_arguments'],
    ['a mapping without a value', ['run', 'people.csv', '-a', 'greeter', '--map', 'name'], 'invalid_arguments'],
    ['an output on the source', ['run', 'people.csv', '-a', 'greeter', '--out', 'people.csv'], 'output_is_source'],
    [
      'an output outside the folders',
      ['run', 'people.csv', '-a', 'greeter', '--out', '/elsewhere.csv'],
      'file_not_allowed',
    ],
    ['an unknown batch', ['batches', 'show', 'bat_nope'], 'batch_not_found'],
    ['an unknown command', ['rnu'], 'invalid_arguments'],
  ])('exits 2 for %s, with the fault as the one document', async (_, args, code) => {
    const [done, plain] = await Promise.all([space.run([...args, '--json']), space.run(args)]);
    expect(done.code).toBe(2);
    expect(JSON.parse(done.stdout).error.code).toBe(code);
    expect(done.stderr).toBe('');
    expect(plain.code).toBe(2);
    expect(plain.stdout).toBe('');
    expect(plain.stderr.trim()).toMatch(new RegExp(`^rowmill: .+\\(${code}\\)$`, 's'));
  });

  it('lists every problem of a dry run and exits 2', async () => {
    const done = await space.run([
      'run',
      'people.csv',
      '-a',
      'greeter',
      '--dry-run',
      '--map',
      'town=x',
      '--fields',
      'nope',
    ]);
    expect(done.code).toBe(2);
    expect(done.stdout).toContain('(column_unknown)');
    expect(done.stdout).toContain('(field_unknown)');
  });
});

describe('rowmill analyze', () => {
  it('prints the tool’s document, or a table that fits', async () => {
    const json = await space.run(['analyze', 'people.csv', '--json']);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({ row_count: 3, column_count: 2 });
    const plain = await space.run(['analyze', 'people.csv']);
    expect(plain.stdout).toContain('3 rows · 2 columns');
    expect(Math.max(...plain.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('never lets a cell steer the terminal', async () => {
    await space.write(
      'evil.csv',
      `name,note\nAnn,"\u001b[2J\u001b]0;owned\u009b31m"\n${'Jo,a plain note\n'.repeat(40)}`,
    );
    const done = await space.run(['analyze', 'evil.csv']);
    expect(done.code).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    expect(done.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(done.stdout).toContain('<1B>[2J');
  });
});

describe('rowmill agents', () => {
  it('lists, shows and checks', async () => {
    const list = JSON.parse((await space.run(['agents', 'list', '--json'])).stdout);
    expect(list.agents.map((agent: { name: string }) => agent.name)).toContain('greeter');
    const shown = await space.run(['agents', 'show', 'greeter']);
    expect(shown.stdout).toContain('greeter@v1');
    expect(shown.stdout).toMatch(/name\s+string\s+required/);
    const fits = await space.run(['agents', 'check', 'greeter', '--table', 'people.csv', '--json']);
    expect(fits.code).toBe(0);
    expect(JSON.parse(fits.stdout).compatible).toBe(true);
    const not = await space.run(['agents', 'check', 'orchestrator']);
    expect(not.code).toBe(2);
    expect(not.stdout).toContain('agent_not_structured');
  });
});

describe('help', () => {
  it('exits 0 and names every command that is asked for', async () => {
    const done = await space.run(['--help']);
    expect(done.code).toBe(0);
    for (const name of ['demo', 'serve', 'mcp', 'chat', 'analyze', 'agents', 'run', 'batches']) {
      expect(done.stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    }
    expect(done.stdout).not.toMatch(/^ {2}runner/m);
    expect((await space.run(['--version'])).stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('is shown on stderr with status 2 when no command is named', async () => {
    const done = await space.run([]);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('Usage: rowmill');
    expect(done.stdout).toBe('');
  });
});
