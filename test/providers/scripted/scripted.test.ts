import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import type { Message, ModelRequest, ModelResponse } from '../../../src/protocol/messages.ts';
import { createScriptedProvider } from '../../../src/providers/scripted/scripted-provider.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { call, runScripted, targetAgent, tool, transcriptFaults } from '../../support/scripted-run.ts';

let folder: string;
let scripts = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-scripted-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function scriptFile(yaml: string): Promise<string> {
  scripts += 1;
  const path = join(folder, `script-${scripts}.yaml`);
  await writeFile(path, yaml);
  return path;
}

const provider = createScriptedProvider({ log: createSilentLog() });
const signal = new AbortController().signal;
const person = (words: string): Message => ({ role: 'user', content: words });

async function play(yaml: string, messages: Message[], more: Partial<ModelRequest> = {}): Promise<ModelResponse> {
  const model = await scriptFile(yaml);
  return provider.respond({ model, system: '', messages, tools: [], maxTokens: 100, ...more }, { signal });
}

/** An answer of the model and the result of its one call. */
const exchange = (name: string, result: unknown, id = `id_${name}`): Message[] => [
  { role: 'assistant', content: [call(name, {}, id)] },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: JSON.stringify(result) }] },
];

const textIn = (response: ModelResponse): string =>
  response.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');

describe('a script', () => {
  it('says that it stands in for a model', () => {
    expect(provider.standIn).toBe('scripted model, not a real one');
  });

  it('replies with the first rule that fits', async () => {
    const yaml = `
rules:
  - when: {user: COST}
    reply: {text: It is free.}
  - when: "{% $contains(user, 'help') %}"
    reply: {text: Ask me about tables.}
  - when: turn > 3
    reply: {text: We have talked for long.}
  - reply: {text: I do not follow.}
`;
    expect(textIn(await play(yaml, [person('What does it cost?')]))).toBe('It is free.');
    expect(textIn(await play(yaml, [person('help')]))).toBe('Ask me about tables.');
    expect(textIn(await play(yaml, [person('Blah')]))).toBe('I do not follow.');
  });

  it('sees the conversation: input, user, turn, step, tools, results, last_results and history', async () => {
    const yaml = `
rules:
  - reply:
      tool_calls:
        - name: report
          input:
            input: "{% input.address %}"
            user: "{% user %}"
            turn: "{% turn %}"
            step: "{% step %}"
            tools: "{% tools %}"
            first: "{% results.look.n %}"
            last: "{% last_results[0].name %}"
            count: "{% $count(history) %}"
            role: "{% last.role %}"
            nothing: "{% results.missing %}"
            plain: 7
            mixed: "n is {% results.look.n %}, list {% tools %}"
`;
    const messages = [
      person('{"address": "1 High Street"}'),
      ...exchange('look', { n: 1 }),
      person('And now?'),
      ...exchange('look', { n: 2 }, 'id2'),
      ...exchange('see', [true], 'id3'),
    ];
    const tools = [
      { name: 'look', description: '', inputSchema: {} },
      { name: 'see', description: '', inputSchema: {} },
    ];
    const response = await play(yaml, messages, { tools });
    expect(response).toMatchObject({ stopReason: 'tool_use' });
    expect(response.content).toEqual([
      {
        type: 'tool_use',
        id: 'script_3_0',
        name: 'report',
        input: {
          input: '1 High Street',
          user: 'And now?',
          turn: 3,
          step: 2,
          tools: ['look', 'see'],
          first: 2,
          last: 'see',
          count: 3,
          role: 'user',
          plain: 7,
          mixed: 'n is 2, list ["look","see"]',
        },
      },
    ]);
  });

  it('plays a rule with `times` so often in one conversation, and forgets nothing over a restart', async () => {
    const yaml = `
rules:
  - times: 2
    reply: {text: once more}
  - reply: {text: enough}
`;
    const said = (words: string): Message => ({ role: 'assistant', content: [{ type: 'text', text: words }] });
    const messages: Message[] = [person('a')];
    const heard: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const words = textIn(await play(yaml, messages));
      heard.push(words);
      messages.push(said(words), person('again'));
    }
    expect(heard).toEqual(['once more', 'once more', 'enough', 'enough']);
  });

  it('gives the same answer to the same conversation, ids included', async () => {
    const yaml = 'rules: [{reply: {text: Wait., tool_calls: [{name: a}, {name: b, input: {x: 1}}]}}]';
    const first = await play(yaml, [person('Go')]);
    expect({ ...(await play(yaml, [person('Go')])), model: '' }).toEqual({ ...first, model: '' });
    const ids = first.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    expect(new Set(ids).size).toBe(2);
  });

  it('streams its text in small pieces that make up the whole', async () => {
    const model = await scriptFile('rules: [{reply: {text: "Two  words\\n and more. "}}]');
    const pieces: string[] = [];
    const request = { model, system: '', messages: [person('Go')], tools: [], maxTokens: 9 };
    const response = await provider.respond(request, { signal, onText: (piece) => pieces.push(piece) });
    expect(pieces.length).toBe(4);
    expect(pieces.join('')).toBe(textIn(response));
  });

  it('counts tokens by length', async () => {
    const { usage } = await play('rules: [{reply: {text: hello}}]', [person('x'.repeat(4000))], {
      system: 'y'.repeat(400),
    });
    expect(usage.inputTokens).toBeGreaterThan(1100);
    expect(usage.inputTokens).toBeLessThan(1130);
    expect(usage.outputTokens).toBeGreaterThan(0);
  });

  it.each(['refusal', 'max_tokens', 'pause_turn'])('may stop with %s', async (reason) => {
    expect(await play(`rules: [{reply: {stop_reason: ${reason}}}]`, [person('Go')])).toMatchObject({
      stopReason: reason,
      content: [],
    });
  });

  it('takes the time that it says, unless it is cancelled', async () => {
    const clock = createManualClock();
    const slow = createScriptedProvider({ log: createSilentLog(), clock });
    const model = await scriptFile('{latency_ms: 500, rules: [{reply: {text: slow}}]}');
    const request = { model, system: '', messages: [person('Go')], tools: [], maxTokens: 9 };
    let isDone = false;
    const answer = slow.respond(request, { signal }).then(() => {
      isDone = true;
    });
    await expect.poll(() => clock.sleepers()).toBe(1);
    await clock.advance(499);
    expect(isDone).toBe(false);
    await clock.advance(1);
    await answer;

    const controller = new AbortController();
    const cancelled = slow.respond(request, { signal: controller.signal });
    await expect.poll(() => clock.sleepers()).toBe(1);
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'aborted' });
  });

  it('is read again when its file has changed', async () => {
    const model = await scriptFile('rules: [{reply: {text: old}}]');
    const request = { model, system: '', messages: [person('Go')], tools: [], maxTokens: 9 };
    expect(textIn(await provider.respond(request, { signal }))).toBe('old');
    await expect
      .poll(async () => {
        await writeFile(model, 'rules: [{reply: {text: new}}]');
        return textIn(await provider.respond(request, { signal }));
      })
      .toBe('new');
  });
});

describe('a script without a fitting rule', () => {
  it('names itself and what was said', async () => {
    const playing = play('rules: [{when: {user: cost}, reply: {text: a}}]', [person('Sing me a song')]);
    await expect(playing).rejects.toMatchObject({
      code: 'script_exhausted',
      message: expect.stringMatching(/script-\d+\.yaml has no rule .*the person said "Sing me a song"/),
    });
  });

  it('names the tool result that it was given', async () => {
    const messages = [person('Go'), ...exchange('look', { n: 1 })];
    const playing = play('rules: [{when: {step: 0}, reply: {text: a}}]', messages);
    await expect(playing).rejects.toMatchObject({ message: expect.stringContaining('look gave {"n":1}') });
  });

  it('names the rule whose expression fails', async () => {
    const playing = play('rules: [{reply: {text: "{% $number(user) %}"}}]', [person('seven')]);
    await expect(playing).rejects.toMatchObject({
      code: 'script_exhausted',
      message: expect.stringMatching(/rules\.0\.reply\.text failed/),
    });
  });
});

describe('a script that is not valid', () => {
  it.each([
    [
      'an unknown key',
      'rules:\n  - reply:\n      text: a\n      txet: b\n',
      /script-\d+\.yaml:3: .*rules\.0\.reply.*txet/,
    ],
    ['an unknown key at the top', 'rulez: []\nrules: [{reply: {text: a}}]', /script-\d+\.yaml:1: .*rulez/],
    ['an empty reply', 'rules:\n  - when: {step: 0}\n    reply: {}\n', /yaml:3: .*a reply needs `text`/],
    ['broken YAML', 'rules:\n  - reply: {text: "a\n', /yaml:\d+: the script is not valid/],
    [
      'a wrong expression',
      'rules:\n  - reply: {text: a}\n  - reply: {text: "{% $$$ ( %}"}\n',
      /yaml:3 rules\.1\.reply\.text is not valid JSONata/,
    ],
    [
      'a wrong condition',
      'rules:\n  - when: "turn >"\n    reply: {text: a}\n',
      /yaml:2 rules\.0\.when is not valid JSONata/,
    ],
    ['no rules', 'rules: []', /yaml:1: .*rules/],
  ])('with %s names file, line, path and fault', async (_what, yaml, message) => {
    await expect(play(yaml, [person('Go')])).rejects.toMatchObject({
      code: 'model_unknown',
      message: expect.stringMatching(message),
    });
  });

  it('because it is not there says where it was looked for', async () => {
    const request = { model: join(folder, 'none.yaml'), system: '', messages: [], tools: [], maxTokens: 1 };
    await expect(provider.respond(request, { signal })).rejects.toMatchObject({
      code: 'model_unknown',
      message: expect.stringMatching(/none\.yaml can't be read.*folder of its agents\.yaml/),
    });
  });
});

describe('with the agent loop', () => {
  it('plays a target agent: reads its row, calls a tool, returns fields of the result', async () => {
    await scriptFile(`
rules:
  - when: {last_tool: lookup_broadband}
    reply:
      tool_calls:
        - name: return_structured_data
          input: {exchange: "{% results.lookup_broadband.exchange %}", speed: "{% results.lookup_broadband.down * 1 %}"}
  - reply:
      tool_calls: [{name: lookup_broadband, input: {postcode: "{% input.postcode %}"}}]
`);
    const definition = targetAgent({
      model: { provider: 'scripted', model: `script-${scripts}.yaml` },
      base_dir: folder,
      structured_output: {
        enabled: true,
        schema: {
          type: 'object',
          properties: { exchange: { type: 'string' }, speed: { type: 'number' } },
          required: ['exchange', 'speed'],
        },
      },
    });
    const lookup = tool('lookup_broadband', {
      inputSchema: { type: 'object', properties: { postcode: { type: 'string' } }, required: ['postcode'] },
      execute: async ({ postcode }) => ({ exchange: `Exchange of ${postcode}`, down: 80.5 }),
    });
    const { outcome } = await runScripted({
      turns: [],
      definition,
      tools: [lookup],
      input: [person('{"address": "1 High Street", "postcode": "LS1 1AA"}')],
      hooks: { callModel: ({ request }) => provider.respond(request, { signal }) },
    });
    expect(outcome).toMatchObject({
      status: 'succeeded',
      structured: { exchange: 'Exchange of LS1 1AA', speed: 80.5 },
      turns: 2,
    });
  });

  it('plays a conversation that passes on ids and counts of earlier results', async () => {
    await scriptFile(`
rules:
  - when: {user: check, step: 0}
    reply:
      text: I start it.
      tool_calls: [{name: execute_batch_processor, input: {csv_uri: "{% $match(user, /[a-z]+[.]csv/).match %}"}}]
  - when: {last_tool: execute_batch_processor}
    reply:
      tool_calls: [{name: monitor_batch_execution, input: {batch_id: "{% results.execute_batch_processor.batch_id %}"}}]
  - when: "last_results[name = 'monitor_batch_execution'].content.status = 'running'"
    reply:
      tool_calls: [{name: monitor_batch_execution, input: {batch_id: "{% results.execute_batch_processor.batch_id %}"}}]
  - when: {last_tool: monitor_batch_execution}
    reply:
      text: "Done: {% results.monitor_batch_execution.counts.succeeded %} of {% results.monitor_batch_execution.counts.total %} rows."
`);
    const inputSchema = { type: 'object' };
    const asked: unknown[] = [];
    const execute = tool('execute_batch_processor', {
      inputSchema,
      execute: async (input) => ({ batch_id: 'bat_7', uri: input['csv_uri'] ?? null }),
    });
    const monitor = tool('monitor_batch_execution', {
      inputSchema,
      execute: async (input) => {
        asked.push(input);
        return { status: asked.length < 3 ? 'running' : 'completed', counts: { succeeded: 11, total: 12 } };
      },
    });
    const { outcome } = await runScripted({
      turns: [],
      definition: targetAgent({
        model: { provider: 'scripted', model: join(folder, `script-${scripts}.yaml`) },
        structured_output: { enabled: false },
      }),
      tools: [execute, monitor],
      input: [person('Please check addresses.csv')],
      hooks: { callModel: ({ request }) => provider.respond(request, { signal }) },
    });
    expect(outcome).toMatchObject({ status: 'ended', turns: 5 });
    expect(asked).toEqual(Array(3).fill({ batch_id: 'bat_7' }));
    expect(outcome.messages.at(-1)?.content).toEqual([{ type: 'text', text: 'Done: 11 of 12 rows.' }]);
    expect(JSON.stringify(outcome.messages)).toContain('addresses.csv');
    expect(transcriptFaults(outcome.messages)).toEqual([]);
  });
});
