import { isDeepStrictEqual } from 'node:util';
import type { AgentDefinition } from '../../agent/definition.ts';
import { counted } from '../../base/figures.ts';
import { addUsage, type JsonObject, NO_USAGE, type Usage } from '../../protocol/messages.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { Store } from '../../storage/store.ts';
import { planOf } from '../output/results.ts';
import { tQuantile } from '../output/t-quantile.ts';
import type { CallForecast, RowForecast, TokenRange } from './forecast.ts';

/** Batches that are looked through, the newest first, and those of the agent that are used. */
const LOOKED_THROUGH = 100;
const USED = 5;
/** Fewer attempts say too little. */
const LEAST_ATTEMPTS = 8;
/** Rows of a batch whose input is read again, and the places from which they are taken. */
const ROWS_READ = 10;
const PLACES = 4;
/** What another table may change, as a share, beside the chance of which rows there were. */
const OTHER_TABLE = 0.11;

/** What earlier batches of an agent used. */
export interface Earlier {
  batches: number;
  attempts: number;
  modelCalls: number;
  usage: Usage;
  /** The standard deviation of an attempt's cost, as a share of its mean. */
  spread: number;
  /** Inputs of rows that ran. */
  inputs: JsonObject[];
}

/** What the newest batches of the same agent and model used; undefined where there are too few attempts. */
export async function readEarlier(agent: AgentDefinition, store: Store): Promise<Earlier | undefined> {
  const found: Earlier = { batches: 0, attempts: 0, modelCalls: 0, usage: NO_USAGE, spread: 0, inputs: [] };
  const cost = { attempts: 0, costMicroUsd: 0, squares: 0 };
  for (const batch of await store.listBatches({ limit: LOOKED_THROUGH })) {
    const { totals } = batch;
    // Answers from the cache are rows without tokens, and calls in flight tokens without an attempt.
    if (totals.modelCalls === 0 || totals.cachedCalls > 0 || totals.running > 0) continue;
    if (!isSameAgent(planOf(batch).agent, agent)) continue;
    const bill = await store.readBill(batch.id);
    if (bill.models.some(({ model }) => model !== `${agent.model.provider}/${agent.model.model}`)) continue;
    for (const { attempts, costMicroUsd, squares } of [bill.succeeded, bill.failed]) {
      cost.attempts += attempts;
      cost.costMicroUsd += costMicroUsd;
      cost.squares += squares;
    }
    found.batches += 1;
    found.modelCalls += totals.modelCalls;
    found.usage = addUsage(found.usage, totals.usage);
    found.inputs.push(...(await readInputs(batch, store)));
    if (found.batches === USED) break;
  }
  if (cost.attempts < LEAST_ATTEMPTS || found.inputs.length === 0) return undefined;
  const mean = cost.costMicroUsd / cost.attempts;
  const variance = Math.max(0, (cost.squares - cost.attempts * mean ** 2) / (cost.attempts - 1));
  return { ...found, attempts: cost.attempts, spread: mean === 0 ? 0 : Math.sqrt(variance) / mean };
}

/** Whether rows of two definitions send and are answered the same. A name and a version may have been defined again. */
function isSameAgent(one: AgentDefinition, other: AgentDefinition): boolean {
  return isDeepStrictEqual(essentials(one), essentials(other));
}

function essentials({ name, version, model, instructions, prompt, input, tools, structured_output }: AgentDefinition) {
  const asked = { provider: model.provider, model: model.model, dimensions: model.dimensions };
  return { name, version, asked, instructions, prompt, input, tools, structured_output };
}

async function readInputs({ id, totals: { rows } }: BatchRecord, store: Store): Promise<JsonObject[]> {
  const places = Array.from({ length: PLACES }, (_, at) => Math.floor((at * rows) / PLACES));
  const pages = await Promise.all(
    places.map((fromRow) => store.readRows(id, { status: 'succeeded', fromRow, limit: ROWS_READ })),
  );
  return pages.flat().flatMap(({ input }) => (input === null ? [] : [input]));
}

/**
 * A forecast by what earlier batches used. The forecast of their own inputs says by how much the count was wrong, so
 * that a table with longer rows is still expected to cost more.
 */
export function byEarlier(forecast: RowForecast, ofEarlier: RowForecast, earlier: Earlier): RowForecast {
  const { usage, attempts, modelCalls, batches, spread } = earlier;
  const sent = usage.inputTokens + usage.cacheWriteTokens + usage.cacheReadTokens;
  const input = ratio(sent / attempts, total(ofEarlier, 'input'));
  const output = ratio(usage.outputTokens / attempts, total(ofEarlier, 'output'));
  const share = OTHER_TABLE + (tQuantile(attempts - 1) * spread) / Math.sqrt(attempts);
  const cached = { write: ratio(usage.cacheWriteTokens, sent), read: ratio(usage.cacheReadTokens, sent) };
  const measured = (call: CallForecast): CallForecast => ({
    input: within(call.input.expected * input, share),
    output: within(call.output.expected * output, share),
    cached,
  });
  const { first, later } = forecast;
  return {
    turns: Math.round((modelCalls / attempts) * 10) / 10,
    first: measured(first),
    ...(later === undefined ? {} : { later: measured(later) }),
    from: `measured on ${counted(attempts, 'row')} of ${batches === 1 ? 'an earlier batch' : `${batches} earlier batches`} of this agent`,
    isMeasured: true,
  };
}

function total({ first, later }: RowForecast, kind: 'input' | 'output'): number {
  return first[kind].expected + (later?.[kind].expected ?? 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function within(expected: number, share: number): TokenRange {
  return { low: expected * Math.max(0, 1 - share), expected, high: expected * (1 + share) };
}
