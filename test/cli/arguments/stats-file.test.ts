import { readFile, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchStatistics } from '../../../src/runner/contract/report/statistics.ts';
import { createWorkspace, type Workspace } from '../workspace.ts';

const MOODS = `agents:
  - name: moods
    version: v1
    model: { provider: scripted, model: ./moods.script.yaml }
    instructions: Judge.
    input: { type: object, properties: { name: { type: string } }, required: [name] }
    structured_output:
      enabled: true
      schema: { type: object, properties: { mood: { type: string, enum: [glad, sad] } }, required: [mood] }
    limits: { max_turns: 1 }
`;
const SCRIPT = `rules:
  - when: input.name = "bad"
    reply: { text: I will not. }
  - reply: { tool_calls: [{ name: return_structured_data, input: { mood: "{% input.name = 'Zoë' ? 'sad' : 'glad' %}" } }] }
`;

describe('--stats', () => {
  let space: Workspace;
  const env = { ROWMILL_AGENTS: 'moods.yaml' };
  const written = async () => batchStatistics.parse(JSON.parse(await readFile(space.path('stats.json'), 'utf8')));
  beforeAll(async () => {
    space = await createWorkspace({ names: ['Ann', 'Bo', 'Zoë', 'bad'] });
    await space.write('moods.yaml', MOODS);
    await space.write('moods.script.yaml', SCRIPT);
  });
  afterAll(() => space.close());

  it('writes the figures of a run, and of its retry into the same file; the report tells the answers', async () => {
    const run = await space.run(['run', 'people.csv', '-a', 'moods', '--stats', 'stats.json'], { env });
    expect(run.code).toBe(3);
    expect(run.stdout).toMatch(/^answers +mood: glad 2, sad 1$/m);
    expect(run.stdout).toMatch(/^times +half of the rows took at most .+ rows a second$/m);
    const first = await written();
    expect(first.rows).toEqual({ total: 4, processed: 4, succeeded: 3, failed: 1, skipped: 0 });
    expect(first.answers).toEqual({ mood: { glad: 2, sad: 1 } });
    await space.write('moods.script.yaml', SCRIPT.replace('"bad"', '"none"'));
    const retry = await space.run(['batches', 'retry', 'latest', '--yes', '--stats', 'stats.json'], { env });
    expect(retry.code).toBe(0);
    expect((await written()).answers).toEqual({ mood: { glad: 3, sad: 1 } });
  });

  it('starts nothing where the file is of another kind, or has no folder', async () => {
    const before = await readFile(space.path('people.csv'), 'utf8');
    const other = await space.run(['run', 'people.csv', '-a', 'moods', '--yes', '--stats', 'people.csv'], { env });
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('--stats people.csv exists and holds no statistics of a batch');
    expect(other.stderr).not.toContain('Started');
    expect(await readFile(space.path('people.csv'), 'utf8')).toBe(before);
    const nowhere = await space.run(['run', 'people.csv', '-a', 'moods', '--yes', '--stats', 'no/s.json'], { env });
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).not.toContain('Started');
    await expect(stat(space.path('no'))).rejects.toThrow('ENOENT');
  });
});
