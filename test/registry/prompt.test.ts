import { describe, expect, it } from 'vitest';
import { parseAgentsYaml } from '../../src/registry/yaml-registry.ts';

const FILE = '/project/agents.yaml';
const BASE = '  - name: tester\n    model: claude-haiku-5-5\n';
const parse = (lines: string) => parseAgentsYaml(`agents:\n${BASE}${lines}`, FILE)[0];
const INPUT = '    input: {type: object, properties: {city: {type: string}, land: {type: string}}}\n';

describe('an agent with a prompt', () => {
  it('takes its system part as instructions and its placeholders as required input', () => {
    expect(parse('    prompt: {system: Be brief., user: "In {city}, {x}?", placeholders: [city]}\n')).toMatchObject({
      instructions: 'Be brief.',
      prompt: { user: 'In {city}, {x}?', placeholders: ['city'] },
      input: { type: 'object', properties: { city: {} }, required: ['city'], additionalProperties: false },
    });
  });

  it('takes its placeholders from its input when it declares none', () => {
    const agent = parse(`    instructions: Be brief.\n    prompt: {user: "In {{city}}?"}\n${INPUT}`);
    expect(agent?.prompt).toEqual({ user: 'In {{city}}?', placeholders: ['city'] });
    expect(agent?.input?.['required']).toBeUndefined();
  });

  it('reads its own definition again', () => {
    const agent = parse('    prompt: {system: Be brief., user: "In {city}?", placeholders: [city]}\n');
    const { base_dir: _folder, ...written } = agent ?? {};
    expect(parseAgentsYaml(JSON.stringify({ agents: [written] }), FILE)[0]).toEqual(agent);
  });

  it.each([
    [
      'instructions twice',
      '    instructions: a\n    prompt: {system: b, user: "{c}", placeholders: [c]}\n',
      'agents[0].instructions is given together with prompt.system, which means the same; give one of the two',
    ],
    [
      'no instructions',
      '    prompt: {user: "{c}", placeholders: [c]}\n',
      'agents[0].instructions is missing (string expected)',
    ],
    [
      'a placeholder that is not used',
      '    prompt: {system: a, user: "{c}", placeholders: [c, d]}\n',
      'agents[0].prompt.placeholders[1] is "d", which prompt.user does not use as {d} or {{d}}',
    ],
    [
      'a placeholder that input lacks',
      `    prompt: {system: a, user: "{citi}", placeholders: [citi]}\n${INPUT}`,
      'agents[0].prompt.placeholders[0] is "citi", which input does not have; did you mean "city"?',
    ],
    [
      'no placeholder at all',
      '    prompt: {system: a, user: "{c}"}\n',
      'agents[0].prompt.placeholders is missing; name the fields that prompt.user takes as {name} or {{name}}',
    ],
    [
      'a placeholder in the system part',
      '    prompt: {system: "In {c}", user: "{c}", placeholders: [c]}\n',
      'agents[0].instructions hold the placeholder {c}: they are the same for every row',
    ],
    [
      'an unknown key',
      '    prompt: {system: a, usr: "{c}", placeholders: [c]}\n',
      'agents[0].prompt.usr is not a known key; did you mean "user"?',
    ],
  ])('refuses %s', (_what, lines, message) => {
    expect(() => parse(lines)).toThrow(message);
  });
});
