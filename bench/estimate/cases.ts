import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { type AgentDefinition, agentDefinition } from '../../src/agent/definition.ts';
import type { JsonObject } from '../../src/protocol/messages.ts';
import { mulberry32 } from '../../test/support/messages-server.ts';

/** An agent of `agents.yaml`, with what its rows hold and what a model answered. */
interface RecordedAgent {
  name: string;
  instructions: string;
  input: Record<string, string[]>;
  schema: Record<string, object>;
  answers: JsonObject[];
  tool?: { name: string; description: string; input: object; arguments: JsonObject[]; results: string[] };
}

/** One agent with its model and table. The estimator knows neither the factor nor the recorded answers. */
export interface EstimateCase {
  name: string;
  /** Part of the instructions, by which the server knows the case. */
  mark: string;
  recorded: RecordedAgent;
  definition: AgentDefinition;
  /** Tokens of the case's model for each token of the server's tokenizer. */
  factor: number;
  /** The tables of two batches, as CSV. */
  tables: readonly [string, string];
  /** Rows are sorted, the shortest first: a sample has to be a random one. */
  isSorted: boolean;
}

/** The addresses that models of the cases are called at. */
export interface CaseServers {
  compatibleUrl: string;
  toolUrl: string;
}

/** The models, in turn; prices in dollars per million tokens where the program knows none that last. */
const MODELS = [
  { provider: 'anthropic', model: 'claude-haiku-5-5' },
  { provider: 'openai', model: 'gpt-5.4-mini' },
  { provider: 'gemini', model: 'gemini-3-flash' },
  { provider: 'openai-compatible', model: 'qwen3-32b' },
  { provider: 'anthropic', model: 'claude-sonnet-5-5' },
] as const;
export const CASE_PRICES = {
  'openai/gpt-5.4-mini': { input: 0.75, output: 4.5 },
  'gemini/gemini-3-flash': { input: 0.5, output: 3 },
  'openai-compatible/qwen3-32b': { input: 0.3, output: 0.6 },
};
/** Chosen before anything was measured. */
const FACTORS = { from: 0.8, to: 1.35 };
const SEED = 114;
/**
 * The cases, the same in each run: agents and models in turn, so that each agent meets several models.
 * @param rows of each table
 */
export function readCases({ count, rows }: { count: number; rows: number }, servers: CaseServers): EstimateCase[] {
  const path = fileURLToPath(new URL('agents.yaml', import.meta.url));
  const { agents } = parse(readFileSync(path, 'utf8')) as { agents: RecordedAgent[] };
  const random = mulberry32(SEED);
  return Array.from({ length: count }, (_, at) => {
    const recorded = agents[at % agents.length] as RecordedAgent;
    const model = MODELS[at % MODELS.length] as (typeof MODELS)[number];
    const mark = `(case ${at})`;
    const isSorted = at % 4 === 3;
    return {
      name: `${recorded.name}-${at}`,
      mark,
      recorded,
      definition: define(`${recorded.name}-${at}`, { recorded, model, mark, servers }),
      factor: FACTORS.from + (FACTORS.to - FACTORS.from) * random(),
      tables: [tableOf(recorded, random, { rows, isSorted }), tableOf(recorded, random, { rows, isSorted })],
      isSorted,
    };
  });
}

interface Defining {
  recorded: RecordedAgent;
  model: (typeof MODELS)[number];
  mark: string;
  servers: CaseServers;
}

function define(name: string, { recorded, model, mark, servers }: Defining): AgentDefinition {
  const { instructions, input, schema, tool } = recorded;
  const fields = Object.keys(input).map((field) => [field, { type: 'string' }]);
  const http = tool && {
    ...{ name: tool.name, description: tool.description, input: tool.input },
    ...{ method: 'GET', url: `${servers.toolUrl}${tool.name}/{${Object.keys(tool.arguments[0] ?? {})[0]}}` },
  };
  return agentDefinition.parse({
    name,
    model: { ...model, ...(model.provider === 'openai-compatible' ? { base_url: servers.compatibleUrl } : {}) },
    instructions: `${instructions.trim()} ${mark}`,
    input: { type: 'object', properties: Object.fromEntries(fields), required: Object.keys(input) },
    ...(http ? { tools: [{ http }] } : {}),
    structured_output: {
      enabled: true,
      mode: 'auto',
      schema: { type: 'object', properties: schema, required: Object.keys(schema), additionalProperties: false },
    },
  });
}

function tableOf(
  { input }: RecordedAgent,
  random: () => number,
  { rows: count, isSorted }: { rows: number; isSorted: boolean },
): string {
  const columns = Object.keys(input);
  const rows = Array.from({ length: count }, () =>
    columns.map((column) => {
      const values = input[column] ?? [];
      const value = values[Math.floor(random() * values.length)] ?? '';
      const text = value.replaceAll('{n}', () => String(Math.floor(1 + random() * 400)));
      return `"${text.replaceAll('"', '""')}"`;
    }),
  );
  if (isSorted) rows.sort((a, b) => a.join().length - b.join().length);
  return [columns, ...rows].map((cells) => `${cells.join(',')}\n`).join('');
}
