import type { AgentDefinition } from '../../agent/definition.ts';
import { toAppError } from '../../base/errors.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import type { OpenedAgent } from '../../protocol/run.ts';
import { descriptorOf, isEmbeddingModel } from '../../providers/catalog.ts';
import type { TokenFacts } from '../../providers/descriptor.ts';
import type { Provider } from '../../providers/provider.ts';
import type { RunnerDeps } from '../deps.ts';
import { answerTokens } from './answer-tokens.ts';
import { countTokens } from './count-tokens.ts';
import { draftRequest } from './draft-request.ts';
import { byEarlier, readEarlier } from './earlier-batches.ts';
import type { RowForecast, TokenRange } from './forecast.ts';
import { uncorrectedTokens } from './request-tokens.ts';
import { spread } from './spread.ts';

/** The sampled rows of a table, mapped. */
export interface ForecastRows {
  inputs: readonly JsonObject[];
  /** Mean tokens of the media of a row. */
  mediaTokens: number;
}

/** Rows whose request is made and counted: together about 60 ms, and 5 % of the mean where lengths differ twofold. */
const ROWS_COUNTED = 60;
/** The share by which a tokenizer may differ from its provider's usual factor, together with the count's own error. */
const TOKENIZER = { low: 0.72, high: 1.4 };
/** The same where the provider has counted a request of the agent without a row. */
const COUNTED = { low: 0.87, high: 1.18 };
/** A factor further from the usual one comes from a server that counts something else. */
const FURTHEST = 2.5;
const MEDIA = { low: 0.9, high: 1.1 };
const ANSWER = { low: 0.85, high: 1.15 };
/** A turn that calls tools: the tokens of its calls, and of their results. */
const CALLS: TokenRange = { low: 25, expected: 45, high: 80 };
const RESULTS: TokenRange = { low: 60, expected: 180, high: 360 };
/** A tool of a server or a module, which is described only when it is opened. */
const UNSEEN_TOOL = 130;
/** Tools that a server has where the agent does not name them. */
const SERVER_TOOLS = 5;

/**
 * What a row of a table is expected to send and to be answered: as in earlier batches of the agent, or where there are
 * none by its requests and the schema of the answer.
 */
export async function forecastRow(
  agent: AgentDefinition,
  rows: ForecastRows,
  deps: Pick<RunnerDeps, 'draftAgent' | 'store' | 'providerCount'> & { provider: Provider | undefined },
): Promise<RowForecast> {
  const earlier = await readEarlier(agent, deps.store);
  if (earlier === undefined) return forecastUnmeasured(agent, rows, deps);
  // Its own bills say more than a count of the provider.
  const { providerCount: _, ...own } = deps;
  const forecast = await forecastUnmeasured(agent, rows, own);
  const ofEarlier = await forecastUnmeasured(agent, { ...rows, inputs: earlier.inputs }, own);
  return byEarlier(forecast, ofEarlier, earlier);
}

async function forecastUnmeasured(
  agent: AgentDefinition,
  rows: ForecastRows,
  deps: Pick<RunnerDeps, 'draftAgent' | 'providerCount'> & { provider: Provider | undefined },
): Promise<RowForecast> {
  const { provider } = deps;
  const usual = descriptorOf(agent.model.provider)?.tokens ?? { factor: 1 };
  const draft = openDraft(agent, deps.draftAgent);
  // Without a tool there is no hidden prompt for tools.
  const facts = draft?.answer === undefined ? usual : { ...usual, toolPrompt: 0 };
  const factor = draft === undefined ? undefined : await countedFactor(agent, { ...deps, draft, facts });
  const tokens = factor === undefined ? facts : { ...facts, factor };
  const drafted = await meanRequest(agent, rows, { provider, draft });
  // Media are counted by the rule of their provider.
  const input = plus(
    times(drafted, tokens.factor, factor === undefined ? TOKENIZER : COUNTED),
    times(rows.mediaTokens, 1, MEDIA),
  );
  if (isEmbeddingModel(agent.model)) {
    return { turns: 1, first: { input, output: times(0, 0, ANSWER) }, from: 'from the prompt' };
  }
  const from = factor === undefined ? 'the requests' : `the requests as ${agent.model.provider} counts tokens`;
  return withTurns(agent, input, { ...tokens, from: `from ${from} and the answer's schema` });
}

/**
 * Tokens of the provider for each token of this program's count, by the provider's own count of a request of the agent
 * without a row: no cell is sent before a person has agreed.
 */
async function countedFactor(
  agent: AgentDefinition,
  {
    draft,
    facts,
    provider,
    providerCount,
  }: Pick<RunnerDeps, 'providerCount'> & { draft: OpenedAgent; facts: TokenFacts; provider: Provider | undefined },
): Promise<number | undefined> {
  if (providerCount === undefined || provider === undefined || isEmbeddingModel(agent.model)) return undefined;
  const request = await draftRequest(draft, agent, {});
  const counted = request === undefined ? undefined : await providerCount(request, provider);
  if (request === undefined || counted === undefined) return undefined;
  const factor = (counted - (facts.toolPrompt ?? 0)) / uncorrectedTokens(request, agent.model, provider);
  return factor > facts.factor / FURTHEST && factor < facts.factor * FURTHEST ? factor : undefined;
}

function withTurns(
  agent: AgentDefinition,
  sent: TokenRange,
  { factor, toolPrompt = 0, from }: TokenFacts & { from: string },
): RowForecast {
  const answer = ranged(answerTokens(agent.structured_output.schema), factor);
  const unseen = unseenTools(agent) * UNSEEN_TOOL * factor;
  const input = plus(sent, {
    low: toolPrompt * 0.6 + unseen * 0.4,
    expected: toolPrompt + unseen,
    high: toolPrompt * 1.2 + unseen * 2,
  });
  if (agent.tools.length === 0) return { turns: 1, first: { input, output: answer }, from };
  // The later turn sends everything again, with the calls and their results.
  const calls = ranged(CALLS, factor);
  return {
    turns: 2,
    first: { input, output: calls },
    later: { input: plus(plus(input, calls), ranged(RESULTS, factor)), output: answer },
    from: `${from}; one turn of tool calls is assumed`,
  };
}

/** The agent as its rows run it; undefined where its definition has a fault, which is reported elsewhere. */
function openDraft(agent: AgentDefinition, draftAgent: RunnerDeps['draftAgent']): OpenedAgent | undefined {
  try {
    return draftAgent(agent, null);
  } catch (thrown) {
    if (toAppError(thrown).code === 'internal') throw thrown;
    return undefined;
  }
}

/** Mean tokens of the first request of a row, by the count of this program. */
async function meanRequest(
  agent: AgentDefinition,
  { inputs }: ForecastRows,
  { provider, draft }: { provider: Provider | undefined; draft: OpenedAgent | undefined },
): Promise<number> {
  let sum = 0;
  let counted = 0;
  for (const input of spread(inputs.length === 0 ? [{}] : inputs, ROWS_COUNTED)) {
    const request = draft === undefined ? undefined : await draftRequest(draft, agent, input);
    if (request === undefined) continue;
    sum += uncorrectedTokens(request, agent.model, provider);
    counted += 1;
  }
  return counted === 0 ? countTokens(agent.instructions) : sum / counted;
}

function unseenTools({ tools }: AgentDefinition): number {
  return tools.reduce((sum, tool) => {
    if ('http' in tool) return sum;
    return sum + ('mcp' in tool ? (tool.mcp.tools?.length ?? SERVER_TOOLS) : 1);
  }, 0);
}

function times(tokens: number, factor: number, { low, high }: { low: number; high: number }): TokenRange {
  const expected = tokens * factor;
  return { low: expected * low, expected, high: expected * high };
}

function ranged({ low, expected, high }: TokenRange, factor: number): TokenRange {
  return { low: low * factor * ANSWER.low, expected: expected * factor, high: high * factor * ANSWER.high };
}

function plus(a: TokenRange, b: TokenRange): TokenRange {
  return { low: a.low + b.low, expected: a.expected + b.expected, high: a.high + b.high };
}
