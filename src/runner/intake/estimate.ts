import type { AgentDefinition } from '../../agent/definition.ts';
import { NO_USAGE, type Usage } from '../../protocol/messages.ts';
import { isEmbeddingModel } from '../../providers/catalog.ts';
import type { PriceTable } from '../../providers/prices/prices.ts';
import type { Estimate } from '../contract/estimate.ts';
import { inputFields } from '../rows/mapping.ts';

/** The facts that an estimate is calculated from. */
export interface EstimateBasis {
  agent: AgentDefinition;
  rows: number | null;
  /** Whether `rows` was counted to the end, not estimated from the file's size. */
  rowsExact: boolean;
  /** Mean size of a mapped input, in characters, over the sampled rows. */
  inputCharacters: number;
  rowsLookedAt: number;
  concurrency: number;
  /** A sample is run first, which measures the figures. */
  isSample?: boolean;
}

/** English prose has about four characters a token (Anthropic's and OpenAI's own rule of thumb). */
export const CHARACTERS_PER_TOKEN = 4;
const TOKENS_PER_OUTPUT_FIELD = 25;
/** Fixed overhead of every call with tools. */
const CALL_OVERHEAD_TOKENS = 350;
const SECONDS_PER_TURN = 3;

/**
 * The expected cost, tokens and time of a batch before anything has run. The low end is half, the high end three times
 * the expected cost: nothing is measured yet, and the basis says so.
 */
export function estimateBatch(basis: EstimateBasis, prices: PriceTable): Estimate {
  const { agent, rows, concurrency } = basis;
  const turns = turnsOf(agent);
  const perRow = tokensPerRow(agent, basis.inputCharacters, turns);
  const usage = toUsage(perRow);
  const microUsd = prices.priceOf(agent.model.provider, agent.model.model, usage);
  const size = rows === null ? 'rows not counted' : `${basis.rowsExact ? '' : 'about '}${counted(rows)}`;
  const priced = microUsd === undefined ? `; the price of ${agent.model.model} is unknown` : '';
  return {
    rows,
    cost_usd: rows === null || microUsd === undefined ? null : costRange((microUsd * rows) / 1e6),
    tokens: rows === null ? null : { input: perRow.input * rows, output: perRow.output * rows },
    duration_seconds:
      rows === null ? null : Math.ceil((rows * turns * SECONDS_PER_TURN) / Math.min(concurrency, rows || 1)),
    basis:
      `${size}, ${turns} model ${turns === 1 ? 'call' : 'calls'} a row, about ${perRow.input} tokens in and ` +
      `${perRow.output} out a row (from ${counted(basis.rowsLookedAt)} and the ${isEmbeddingModel(agent.model) ? 'prompt' : 'instructions'}, at 4 characters a token)${priced}. ` +
      (basis.isSample === true ? 'The sample measures them.' : 'Run a sample for measured figures.'),
  };
}

/** The tokens of the first turn of a row, and of all its later turns if it has any. */
export function usagePerRow(agent: AgentDefinition, inputCharacters: number): { first: Usage; later?: Usage } {
  const turns = turnsOf(agent);
  const first = tokensPerRow(agent, inputCharacters, 1);
  const all = tokensPerRow(agent, inputCharacters, turns);
  if (turns === 1) return { first: toUsage(first) };
  return {
    first: toUsage(first),
    later: toUsage({ input: all.input - first.input, output: all.output - first.output }),
  };
}

function turnsOf({ tools }: AgentDefinition): number {
  return tools.length > 0 ? 2 : 1;
}

function toUsage({ input, output }: { input: number; output: number }): Usage {
  return { ...NO_USAGE, inputTokens: input, outputTokens: output };
}

function tokensPerRow(
  agent: AgentDefinition,
  inputCharacters: number,
  turns: number,
): { input: number; output: number } {
  if (isEmbeddingModel(agent.model)) {
    const characters = (agent.prompt?.user.length ?? 0) + inputCharacters;
    return { input: Math.max(1, Math.ceil(characters / CHARACTERS_PER_TOKEN)), output: 0 };
  }
  const written = agent.instructions.length + (agent.prompt?.user.length ?? 0);
  const fixed = written + JSON.stringify([agent.tools, agent.structured_output.schema ?? {}]).length;
  const firstTurn = Math.ceil((fixed + inputCharacters) / CHARACTERS_PER_TOKEN) + CALL_OVERHEAD_TOKENS;
  const fields = Object.keys(inputFields(agent.structured_output.schema)).length;
  const output = Math.max(1, fields) * TOKENS_PER_OUTPUT_FIELD;
  // Each later turn sends everything again, plus the messages that the turn before added.
  const input = firstTurn * turns + (turns - 1) * 2 * output;
  return { input, output: output * turns };
}

function counted(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`;
}

/** The range of a cost of which nothing is measured yet, in dollars. */
export function costRange(expected: number): { low: number; expected: number; high: number } {
  return { low: round(expected / 2), expected: round(expected), high: round(expected * 3) };
}

/** Six decimals: micro-dollars. */
function round(dollars: number): number {
  return Math.round(dollars * 1e6) / 1e6;
}
