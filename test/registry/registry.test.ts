import { describe, expect, it } from 'vitest';
import { agentDefinition } from '../../src/agent/definition.ts';
import { layerRegistries, newest, type Registry, resolveAgent } from '../../src/registry/registry.ts';
import { compareVersions } from '../../src/registry/version-order.ts';

const agent = (name: string, version: string, description = '') =>
  agentDefinition.parse({
    name,
    version,
    description,
    instructions: 'x',
    model: { provider: 'anthropic', model: 'claude-haiku-5-5' },
  });

const registry = (source: string, ...agents: ReturnType<typeof agent>[]): Registry => ({
  sources: [source],
  list: () => Promise.resolve(agents),
  entries: () => Promise.resolve(agents.map((definition) => ({ definition, source }))),
  find: (name, version) =>
    Promise.resolve(newest(agents.filter((one) => one.name === name && (version ?? one.version) === one.version))),
});

describe('compareVersions', () => {
  it('orders numbers by value', () => {
    const sorted = ['v10.0', 'v2.0', 'v2.10', 'v1', 'v2.9'].toSorted(compareVersions);
    expect(sorted).toEqual(['v1', 'v2.0', 'v2.9', 'v2.10', 'v10.0']);
  });
});

describe('layerRegistries', () => {
  const layered = layerRegistries([
    registry('upper', agent('a', 'v1', 'upper'), agent('b', 'v1')),
    registry('lower', agent('a', 'v1', 'lower'), agent('a', 'v2', 'lower')),
  ]);

  it('lets the upper one win for the same name and version', async () => {
    expect((await layered.find('a', 'v1'))?.description).toBe('upper');
    expect((await layered.list()).map((one) => `${one.name}@${one.version} ${one.description}`.trim())).toEqual([
      'a@v2 lower',
      'a@v1 upper',
      'b@v1',
    ]);
  });

  it('takes the newest version of all', async () => {
    expect((await layered.find('a'))?.version).toBe('v2');
    expect(layered.sources).toEqual(['upper', 'lower']);
  });
});

describe('resolveAgent', () => {
  const agents = registry('agents.yaml', agent('broadband-checker-v2', 'v1'), agent('broadband-checker-v2', 'v3'));

  it('understands name, name@version, and both apart', async () => {
    expect((await resolveAgent(agents, 'broadband-checker-v2')).version).toBe('v3');
    expect((await resolveAgent(agents, 'broadband-checker-v2@v1')).version).toBe('v1');
    expect((await resolveAgent(agents, 'broadband-checker-v2', 'v1')).version).toBe('v1');
  });

  it.each([
    [
      'broadbnd-checker-v2',
      'There is no agent "broadbnd-checker-v2" in agents.yaml. Did you mean "broadband-checker-v2"?',
    ],
    ['broadband', 'Did you mean "broadband-checker-v2"?'],
    ['weather', 'The agents are: broadband-checker-v2.'],
    ['broadband-checker-v2@v2', 'The agent "broadband-checker-v2" has no version "v2". It has v1, v3.'],
  ])('says what there is instead of %s', async (reference, message) => {
    await expect(resolveAgent(agents, reference)).rejects.toMatchObject({
      code: 'agent_not_found',
      message: expect.stringContaining(message),
    });
  });
});
