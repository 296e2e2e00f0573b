import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { createYamlRegistry, parseAgentsYaml } from '../../src/registry/yaml-registry.ts';

const FILE = '/project/agents.yaml';

/** An agents.yaml whose agent begins in line 2; `lines` stand from line 6 on. */
const agent = (lines = '', head = 'model: claude-haiku-5-5') => `agents:
  - name: a
    version: v1
    ${head}
    instructions: Do it.
${lines}`;

function invalid(text: string): string {
  try {
    parseAgentsYaml(text, FILE);
  } catch (error) {
    if (error instanceof AppError && error.code === 'agents_invalid') return error.message;
    throw error;
  }
  throw new Error('the file was accepted');
}

describe('parseAgentsYaml', () => {
  it('fills in defaults, the provider and the folder', () => {
    expect(parseAgentsYaml(agent(), FILE)).toEqual([
      {
        name: 'a',
        version: 'v1',
        description: '',
        model: { provider: 'anthropic', model: 'claude-haiku-5-5', max_tokens: 4096 },
        instructions: 'Do it.',
        tools: [],
        structured_output: { enabled: false },
        limits: { max_turns: 8, timeout_s: 120 },
        base_dir: '/project',
      },
    ]);
  });

  it('writes the mode of the answer where people write none, and leaves a vector and a disabled answer without', () => {
    const modeOf = (more: string) => parseAgentsYaml(agent(`    ${more}`), FILE)[0]?.structured_output.mode;
    const schema = 'schema: {type: object, properties: {x: {type: string}}}';
    expect(modeOf(`structured_output: {${schema}}`)).toBe('auto');
    expect(modeOf(`structured_output: {mode: tool, ${schema}}`)).toBe('tool');
    expect(modeOf('structured_output: {enabled: false}')).toBeUndefined();
  });

  it('refuses mode native where the provider has no native form for the model and the schema', () => {
    const map = 'structured_output: {mode: native, schema: {type: object, properties: {x: {type: object}}}}';
    expect(invalid(agent(`    ${map}`))).toMatch(/structured_output\.mode is "native", but anthropic .*write auto/);
    const flat = map.replace('{type: object}}', '{type: string}}');
    expect(() => parseAgentsYaml(agent(`    ${flat}`), FILE)).not.toThrow();
    expect(invalid(agent(`    ${flat}`, 'model: {provider: scripted, model: ./x.yaml}'))).toMatch(
      /but scripted has no/,
    );
  });

  it('makes the path of a scripted model absolute, bare or not', () => {
    const bare = parseAgentsYaml(agent('', 'model: scripts/a.yaml'), FILE)[0];
    expect(bare?.model).toMatchObject({ provider: 'scripted', model: '/project/scripts/a.yaml' });
    const full = parseAgentsYaml(agent('', 'model: {provider: scripted, model: ../b.yaml}'), FILE)[0];
    expect(full?.model.model).toBe('/b.yaml');
  });

  it('keeps every digit of whole numbers', () => {
    const schema = '{type: object, properties: {id: {enum: [12345678901234567890, -9007199254740993, 7, 1.5]}}}';
    const [parsed] = parseAgentsYaml(agent(`    input: ${schema}`), FILE);
    expect(JSON.stringify(parsed?.input)).toContain('"enum":[12345678901234567890,-9007199254740993,7,1.5]');
  });

  it('follows anchors and merges', () => {
    const text = `agents:
  - &base {name: a, model: claude-haiku-5-5, instructions: Do it.}
  - {<<: *base, name: b}`;
    expect(parseAgentsYaml(text, FILE).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it.each([
    ['nothing', ''],
    ['a comment', '# plums\n'],
  ])('has no agents in a file with %s', (_what, text) => {
    expect(parseAgentsYaml(text, FILE)).toEqual([]);
  });

  it('leaves environment references unresolved', () => {
    const tool = `    tools:
      - mcp: {url: "https://\${HOST}/mcp", headers: {authorization: "Bearer \${TOKEN}"}}`;
    expect(JSON.stringify(parseAgentsYaml(agent(tool), FILE))).toContain('${TOKEN}');
  });

  it.each([
    ['a list', '- a', `${FILE}:1: The file must be a mapping with the key "agents"`],
    ['no agents', 'agents:', `${FILE}:1: agents must be a list of agents`],
    ['a misspelt top key', 'agent:\n  - {}', `${FILE}:1: agent is not a known key; did you mean "agents"?`],
    ['an unclosed quote', 'agents:\n  - name: "a\n', `${FILE}:3: is not valid YAML: `],
    ['a repeated key', 'agents:\n  - name: a\n    name: b\n', `${FILE}:3: is not valid YAML: Map keys must be unique`],
    ['two documents', 'agents: []\n---\nagents: []\n', 'is not valid YAML'],
    [
      'an unknown key',
      agent('    instrutions: x'),
      `${FILE}:6: agents[0].instrutions is not a known key; did you mean "instructions"?`,
    ],
    ['base_dir', agent('    base_dir: /etc'), `${FILE}:6: agents[0].base_dir is not a known key`],
    [
      'an unknown nested key',
      agent('    limits: {max_turn: 3}'),
      `${FILE}:6: agents[0].limits.max_turn is not a known key; did you mean "max_turns"?`,
    ],
    ['a wrong type', agent('    limits: {max_turns: many}'), `${FILE}:6: agents[0].limits.max_turns is wrong: `],
    [
      'a missing field',
      'agents:\n  - name: a\n    model: claude-haiku-5-5',
      `${FILE}:2: agents[0].instructions is missing (string expected)`,
    ],
    ['a bad name', agent().replace('name: a', 'name: "a b"'), `${FILE}:2: agents[0].name is wrong: an agent name has`],
    [
      'a model of unknown provider',
      agent('', 'model: mystery-1'),
      `${FILE}:4: agents[0].model is "mystery-1", which does not identify a provider`,
    ],
    [
      'a version that is a number',
      agent().replace('version: v1', 'version: 2.0'),
      `${FILE}:3: agents[0].version is the number 2 and must be text; write it in quotes`,
    ],
    [
      'an invalid input schema',
      agent('    input: {type: object, properties: {a: {type: strin}}}'),
      `${FILE}:6: agents[0].input is wrong: it is not a valid JSON Schema`,
    ],
    [
      'an input that is no object',
      agent('    input: {type: string}'),
      `${FILE}:6: agents[0].input.type must be "object"`,
    ],
    [
      'structured output without schema',
      agent('    structured_output: {enabled: true}'),
      `${FILE}:6: agents[0].structured_output.schema is missing`,
    ],
    [
      'structured output that is no object',
      agent('    structured_output: {schema: {type: array}}'),
      `${FILE}:6: agents[0].structured_output.schema.type must be "object"`,
    ],
    ['tools that are no list', agent('    tools: {}'), `${FILE}:6: agents[0].tools must be a list`],
    [
      'a misspelt kind of tool',
      agent('    tools:\n      - htp: {}'),
      `${FILE}:7: agents[0].tools[0] must have one of http, mcp, module; did you mean "http"?`,
    ],
    [
      'two kinds in one tool',
      agent('    tools:\n      - module: ./a.mjs\n        http: {}'),
      'agents[0].tools[0].module is not a known key',
    ],
    [
      'both command and url',
      agent('    tools:\n      - mcp: {command: a, url: "http://x"}'),
      `${FILE}:7: agents[0].tools[0].mcp is wrong: give either`,
    ],
  ])('refuses %s and names file, line, path and fix', (_name, text, message) => {
    expect(invalid(text)).toContain(message);
  });

  it.each([
    [
      'an unknown placeholder',
      'url: "http://x/{adress}"',
      'url refers to {adress}, which is not a field of its input; did you mean {address}?',
    ],
    [
      'a placeholder in the body',
      'url: "http://x/", method: POST, body: {q: "{town}"}',
      'body refers to {town}, which is not a field of its input; its fields are address',
    ],
    ['a URL of another kind', 'url: "ftp://x/"', 'url must begin with http:// or https://'],
    [
      'a result without delimiters',
      'url: "http://x/", result: body.a',
      'result must be an expression between {% and %}',
    ],
    [
      'a result that does not parse',
      'url: "http://x/", result: "{% body.( %}"',
      'result is wrong: it is not valid JSONata at character',
    ],
    ['a method that is none', 'url: "http://x/", method: FETCH', 'method is wrong'],
    ['a misspelt key', 'url: "http://x/", header: {}', 'header is not a known key; did you mean "headers"?'],
  ])('refuses an http tool with %s', (_name, fields, message) => {
    const input = 'input: {type: object, properties: {address: {type: string}}}';
    const text = agent(`    tools:\n      - http: {name: look, description: Looks., ${fields}, ${input}}`);
    expect(invalid(text)).toContain(`${FILE}:7: agents[0].tools[0].http.${message}`);
  });

  it('refuses two http tools of one name, and the name of the answer tool', () => {
    const tool = (name: string) =>
      `      - http: {name: ${name}, description: x, url: "http://x/", input: {type: object}}\n`;
    expect(invalid(agent(`    tools:\n${tool('look')}${tool('look')}`))).toContain(
      ':8: agents[0].tools[1].http.name is "look"',
    );
    expect(invalid(agent(`    tools:\n${tool('return_structured_data')}`))).toContain(
      'which is the tool for the structured answer',
    );
  });

  it('refuses a repeated name and version and names both lines', () => {
    const text = `${agent()}  - name: a\n    version: v1\n    model: claude-haiku-5-5\n    instructions: x\n`;
    expect(invalid(text)).toContain(`${FILE}:6: agents[1] is a@v1, which line 2 has defined already`);
  });

  it('tells all faults at once', () => {
    const message = invalid(agent('    nme: x\n    limits: {max_turns: 0}\n    tools:\n      - htp: {}'));
    expect(message.split('\n')).toHaveLength(3);
  });

  it('stops a bomb of aliases', () => {
    const lines = ['x0: &x0 [a,a,a,a,a,a,a,a,a,a]'];
    for (let index = 1; index < 9; index += 1) {
      lines.push(
        `x${index}: &x${index} [${Array(10)
          .fill(`*x${index - 1}`)
          .join(',')}]`,
      );
    }
    expect(invalid(lines.join('\n'))).toContain('is not valid YAML');
  });
});

describe('createYamlRegistry', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rowmill-registry-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('takes the newest version in natural order, or exactly one', async () => {
    const path = join(folder, 'versions.yaml');
    const versions = ['v2.0', 'v10.0', 'v9.9'].map(
      (version) => `  - {name: a, version: ${version}, model: claude-haiku-5-5, instructions: x}`,
    );
    await writeFile(path, `agents:\n${versions.join('\n')}\n`);
    const registry = createYamlRegistry(path);
    expect((await registry.find('a'))?.version).toBe('v10.0');
    expect((await registry.find('a', 'v2.0'))?.version).toBe('v2.0');
    expect(await registry.find('a', 'v3')).toBeUndefined();
    expect((await registry.list()).map(({ version }) => version)).toEqual(['v10.0', 'v9.9', 'v2.0']);
    expect(registry.sources).toEqual([path]);
  });

  it('reads the file again when it has changed', async () => {
    const path = join(folder, 'changing.yaml');
    await writeFile(path, agent());
    const registry = createYamlRegistry(path);
    expect(await registry.list()).toHaveLength(1);
    await writeFile(path, agent().replace('name: a', 'name: b'));
    await utimes(path, new Date(), new Date(Date.now() + 5000));
    expect((await registry.list()).map(({ name }) => name)).toEqual(['b']);
  });

  it('parses a proven file only for an agent that it names', async () => {
    const path = join(folder, 'proven.yaml');
    await writeFile(path, agent('    unknown: key'));
    expect(await createYamlRegistry(path, { isProven: true }).find('other')).toBeUndefined();
    await expect(createYamlRegistry(path, { isProven: true }).find('a')).rejects.toThrow('unknown');
    await expect(createYamlRegistry(path).find('other')).rejects.toThrow('unknown');
    await expect(createYamlRegistry(join(folder, 'none.yaml'), { isProven: true }).find('a')).rejects.toThrow(
      'none.yaml',
    );
  });

  it('says that the file is not there', async () => {
    await expect(createYamlRegistry(join(folder, 'none.yaml')).list()).rejects.toMatchObject({
      code: 'agents_invalid',
      message: expect.stringContaining("none.yaml can't be read"),
    });
  });
});

describe('the agents that ship', () => {
  it('are valid, and only the orchestrator is not for batches', async () => {
    const agents = await createYamlRegistry('agents.yaml').list();
    expect(agents.map(({ name, structured_output: { enabled } }) => [name, enabled])).toEqual([
      ['broadband-checker-structured-v2', true],
      ['orchestrator', false],
      ['query-classifier', true],
    ]);
  });
});
