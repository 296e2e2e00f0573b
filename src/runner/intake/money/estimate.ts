import type { AgentDefinition } from '../../../agent/definition.ts';
import { counted } from '../../../base/figures.ts';
import type { Usage } from '../../../protocol/messages.ts';
import type { PriceTable } from '../../../providers/prices/prices.ts';
import type { Estimate } from '../../contract/report/estimate.ts';
import type { CallForecast, RowForecast } from '../../forecast/forecast.ts';

/** The facts that an estimate is calculated from. */
export interface EstimateBasis {
  agent: AgentDefinition;
  rows: number | null;
  /** Whether `rows` was counted to the end, not estimated from the file's size. */
  rowsExact: boolean;
  /** What a row is expected to use. */
  forecast: RowForecast;
  /** The agent with the model of another provider that may answer instead, and what a row then uses. */
  fallback?: Pick<EstimateBasis, 'agent' | 'forecast'> | undefined;
  rowsLookedAt: number;
  concurrency: number;
  /** A sample is run first, which measures the figures. */
  isSample?: boolean;
}

/** A cost in dollars. */
export type CostRange = NonNullable<Estimate['cost_usd']>;
/** The end of a range, or its middle. */
type End = keyof CostRange;

const SECONDS_PER_TURN = 3;
/** The most that the ends of a range are from its middle: a range whose ends differ more than threefold helps nobody. */
const WIDEST = 1.72;

/** The expected cost, tokens and time of a batch before anything has run, as a range. */
export function estimateBatch(basis: EstimateBasis, prices: PriceTable): Estimate {
  const { rows, concurrency, forecast } = basis;
  const { first, later, turns } = forecast;
  const [input, output] = (['input', 'output'] as const).map((kind) =>
    Math.ceil(first[kind].expected + (later?.[kind].expected ?? 0)),
  ) as [number, number];
  return {
    rows,
    cost_usd: rows === null ? null : withFallback(costOfRows(basis, rows, [prices, prices]), basis, { rows, prices }),
    tokens: rows === null ? null : { input: input * rows, output: output * rows },
    duration_seconds:
      rows === null ? null : Math.ceil((rows * turns * SECONDS_PER_TURN) / Math.min(concurrency, rows || 1)),
    basis: basisText(basis, { input, output, isPriced: costOfRows(basis, 1, [prices, prices]) !== null }),
  };
}

function basisText(
  { agent, rows, rowsExact, rowsLookedAt, forecast, isSample }: EstimateBasis,
  { input, output, isPriced }: { input: number; output: number; isPriced: boolean },
): string {
  const size = rows === null ? 'rows not counted' : `${rowsExact ? '' : 'about '}${counted(rows, 'row')}`;
  const priced = isPriced ? '' : `; the price of ${agent.model.model} is unknown`;
  return (
    `${size}, ${counted(forecast.turns, 'model call')} a row, about ${input} tokens in and ${output} out a row ` +
    `(${forecast.from}; ${counted(rowsLookedAt, 'row')} looked at)${priced}.` +
    adviceOf(isSample === true, forecast.isMeasured === true)
  );
}

function adviceOf(isSample: boolean, isMeasured: boolean): string {
  if (isSample) return ' The sample measures them.';
  return isMeasured ? '' : ' Run a sample for measured figures.';
}

/**
 * What rows cost at the prices of their first call and of their later ones.
 * @returns null when a price is unknown
 */
export function costOfRows(
  { agent: { model }, forecast: { first, later } }: Pick<EstimateBasis, 'agent' | 'forecast'>,
  rows: number,
  [firstPrices, laterPrices]: readonly [PriceTable, PriceTable],
): CostRange | null {
  const at = (end: End): number | undefined => {
    const one = firstPrices.priceOf(model.provider, model.model, usageOf(first, end));
    const more = later === undefined ? 0 : laterPrices.priceOf(model.provider, model.model, usageOf(later, end));
    return one === undefined || more === undefined ? undefined : ((one + more) * rows) / 1e6;
  };
  const [low, expected, high] = [at('low'), at('expected'), at('high')];
  if (low === undefined || expected === undefined || high === undefined) return null;
  return {
    low: round(Math.max(low, expected / WIDEST)),
    expected: round(expected),
    high: round(Math.min(high, expected * WIDEST)),
  };
}

/**
 * A cost whose high end is what the fallback of another provider would cost in real time, if that is more.
 * @returns null when its price is unknown
 */
export function withFallback(
  cost: CostRange | null,
  { fallback }: Pick<EstimateBasis, 'fallback'>,
  { rows, prices }: { rows: number; prices: PriceTable },
): CostRange | null {
  if (cost === null || fallback === undefined) return cost;
  const other = costOfRows(fallback, rows, [prices, prices]);
  return other === null ? null : { ...cost, high: Math.max(cost.high, other.high) };
}

/** The sum of costs; null where one of them is unknown. */
export function sumOfCosts(costs: readonly (CostRange | null)[]): CostRange | null {
  const known = costs.filter((cost) => cost !== null);
  if (known.length < costs.length) return null;
  const sum = (end: End) => round(known.reduce((all, cost) => all + cost[end], 0));
  return { low: sum('low'), expected: sum('expected'), high: sum('high') };
}

function usageOf({ input, output, cached = { write: 0, read: 0 } }: CallForecast, end: End): Usage {
  const cacheWriteTokens = Math.round(input[end] * cached.write);
  const cacheReadTokens = Math.round(input[end] * cached.read);
  const inputTokens = Math.max(0, Math.ceil(input[end]) - cacheWriteTokens - cacheReadTokens);
  return { inputTokens, cacheWriteTokens, cacheReadTokens, outputTokens: Math.ceil(output[end]) };
}

/** Six decimals: micro-dollars. */
function round(dollars: number): number {
  return Math.round(dollars * 1e6) / 1e6;
}
