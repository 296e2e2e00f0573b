import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../cli/workspace.ts';

const DIGITS = '1234567890123456789';

let server: Server;
let workspace: Workspace;
let lookups: string[];
let conversations: string[];

/** A model that looks a number up and answers with it, and the service that it asks: all numbers are digits in text. */
beforeAll(async () => {
  lookups = [];
  conversations = [];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    response.writeHead(200, { 'content-type': 'application/json' });
    if (request.url?.startsWith('/lookup')) {
      lookups.push(request.method === 'GET' ? request.url : body);
      response.end(`{"id":${DIGITS},"found":true}`);
      return;
    }
    conversations.push(body);
    const calls = body.includes('"role":"tool"')
      ? [['return_structured_data', `{"label":"big","n":${DIGITS}}`]]
      : [
          ['lookup', `{"id":${DIGITS}}`],
          ['lookup_post', `{"id":${DIGITS}}`],
        ];
    const toolCalls = calls.map(([name, json], index) => ({
      id: `call_${conversations.length}_${index}`,
      type: 'function',
      function: { name, arguments: json },
    }));
    const message = { role: 'assistant', content: null, tool_calls: toolCalls };
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const choices = [{ index: 0, message, finish_reason: 'tool_calls' }];
    response.end(JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'llama-4', choices, usage }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  workspace = await createWorkspace();
  const input = '{ type: object, properties: { id: { type: integer } }, required: [id] }';
  await workspace.write(
    'big.yaml',
    `agents:
  - name: big
    model: { provider: openai-compatible, base_url: "${base}/v1", model: llama-4 }
    instructions: Label the record.
    input: { type: object, properties: { text: { type: string }, id: { type: integer } }, required: [text] }
    structured_output:
      schema: { type: object, additionalProperties: false, properties: { label: { type: string }, n: { type: integer } }, required: [label, n] }
    tools:
      - http: { name: lookup, description: Looks an id up., url: "${base}/lookup?id={id}", input: ${input} }
      - http: { name: lookup_post, description: Looks an id up., url: "${base}/lookup", method: POST, body: { id: "{id}" }, input: ${input} }
`,
  );
});

afterAll(async () => {
  await workspace.close();
  await new Promise((resolve) => server.close(resolve));
});

it.each([
  ['csv', `id,text\n${DIGITS},bigtool\n`, `${DIGITS},bigtool,big,${DIGITS},`],
  ['jsonl', `{"id":${DIGITS},"text":"bigtool"}\n`, `{"id":${DIGITS},"text":"bigtool","label":"big","n":${DIGITS},`],
])('keeps every digit from a %s through a model and its tools to the table', async (kind, source, expected) => {
  lookups = [];
  conversations = [];
  await workspace.write(`big.${kind}`, source);
  const args = ['run', `big.${kind}`, '--agent', 'big', '--out', `out.${kind}`, '--yes'];
  const done = await workspace.run(args, { env: { ROWMILL_AGENTS: workspace.path('big.yaml') } });
  expect(done, done.stderr).toMatchObject({ code: 0 });
  expect(lookups).toEqual([`/lookup?id=${DIGITS}`, `{"id":${DIGITS}}`]);
  // The row's own number, the model's own call sent back, and what the tool answered.
  expect(conversations[0]).toContain(`\\"id\\":${DIGITS}`);
  expect(conversations[1]).toContain(`"arguments":"{\\"id\\":${DIGITS}}"`);
  expect(conversations[1]).toContain(`{\\"id\\":${DIGITS},\\"found\\":true}`);
  expect(await readFile(workspace.path(`out.${kind}`), 'utf8')).toContain(expected);
});
