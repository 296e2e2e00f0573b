import { hash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import type { WireAnswer, WireRequest } from '../../test/support/messages-wire.ts';
import { chatFormat } from '../../test/support/providers/chat-format.ts';
import { geminiFormat } from '../../test/support/providers/gemini-format.ts';
import { messagesFormat } from '../../test/support/providers/messages-format.ts';
import { responsesFormat } from '../../test/support/providers/responses-format.ts';
import { startWireServer, type WireFormat } from '../../test/support/providers/wire-server.ts';
import type { CaseServers, EstimateCase } from './cases.ts';

/** The addresses of the models, by provider, and of the tools. */
export interface TruthServers extends CaseServers {
  anthropicUrl: string;
  openaiUrl: string;
  geminiUrl: string;
  /** The cases that the servers answer; set when they are made. */
  cases: EstimateCase[];
  close(): Promise<void>;
}

/** Tokens that a provider adds to a request with tools, and to a tool call. */
const TOOL_PROMPTS: Readonly<Record<string, number>> = { anthropic: 346, openai: 14, gemini: 0, compatible: 90 };
const CALL = 9;
const MESSAGE = 4;
/** Fields of a body that are text; what else a model reads is JSON. */
const TEXTS = ['system', 'instructions', 'systemInstruction', 'messages', 'input', 'contents'];
const SETTINGS = ['model', 'max_tokens', 'max_output_tokens', 'store', 'tool_choice', 'stream', 'temperature', 'top_p'];
const MARKS = ['role', 'type', 'id', 'call_id', 'tool_use_id', 'tool_call_id', 'cache_control'];

/**
 * Servers that speak the providers' formats. They count what they are sent with a real tokenizer, times the factor of
 * the case, and answer as recorded. The same row is always answered in the same way.
 */
export async function startTruthServers(): Promise<TruthServers> {
  const cases: EstimateCase[] = [];
  const open = (format: WireFormat, provider: string) =>
    startWireServer({
      format,
      respond: (request, { body }) => {
        const text = JSON.stringify(body);
        const found = cases.find(({ mark }) => text.includes(mark));
        if (found === undefined) return { fault: 'refused', kind: 'invalid', message: 'no case' };
        return answerTo(request, found, inputTokens(body, TOOL_PROMPTS[provider] ?? 0));
      },
    });
  const [anthropic, openai, gemini, compatible] = await Promise.all([
    open(messagesFormat, 'anthropic'),
    open(responsesFormat, 'openai'),
    open(geminiFormat, 'gemini'),
    open(chatFormat, 'compatible'),
  ]);
  const tools = await startTools(cases);
  return {
    cases,
    anthropicUrl: anthropic.url,
    openaiUrl: `${openai.url}/v1`,
    geminiUrl: gemini.url,
    compatibleUrl: `${compatible.url}/v1`,
    toolUrl: tools.url,
    close: async () => {
      await Promise.all([anthropic, openai, gemini, compatible].map((server) => server.close()));
      await tools.close();
    },
  };
}

function answerTo(request: WireRequest, { recorded, factor, mark }: EstimateCase, counted: number): WireAnswer {
  const pick = <Item>(items: readonly Item[]) => drawn(mark + JSON.stringify(request.messages[0]), items);
  const calls = (name: string, input: object) => [
    { type: 'tool_use', id: `call_${request.messages.length}`, name, input },
  ];
  const { tool, answers } = recorded;
  const isFirst = request.messages.length === 1;
  const answer = tool !== undefined && isFirst ? pick(tool.arguments) : pick(answers);
  const name = tool !== undefined && isFirst ? tool.name : 'return_structured_data';
  const isByTool = request.tools?.some((offered) => offered.name === name) === true;
  return {
    content: isByTool ? calls(name, answer) : [{ type: 'text', text: JSON.stringify(answer) }],
    usage: {
      input_tokens: Math.round(counted * factor),
      output_tokens: Math.round((encode(JSON.stringify(answer)).length + CALL) * factor),
    },
  };
}

/** One of the items; the same text always draws the same one. */
function drawn<Item>(text: string, items: readonly Item[]): Item {
  return items[Number.parseInt(hash('sha256', text).slice(0, 8), 16) % items.length] as Item;
}

function inputTokens(body: Record<string, unknown>, toolPrompt: number): number {
  let sum = body['tools'] === undefined ? 0 : toolPrompt;
  for (const [field, value] of Object.entries(body)) {
    if (SETTINGS.includes(field) || value === undefined) continue;
    if (!TEXTS.includes(field)) sum += encode(JSON.stringify(value)).length;
    else for (const text of textsOf(value)) sum += encode(text).length + MESSAGE;
  }
  return sum;
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => (MARKS.includes(key) ? [] : textsOf(item)));
}

/** Tools of the agents: each answers as recorded. */
async function startTools(cases: readonly EstimateCase[]): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(({ url = '' }, response) => {
    const tool = cases.find(({ recorded }) => recorded.tool?.name === url.split('/')[1])?.recorded.tool;
    response.setHeader('content-type', 'application/json').end(drawn(url, tool?.results ?? ['{}']));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
