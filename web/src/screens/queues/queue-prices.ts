import type { Schemas } from '../../data/api.ts';

type Range = { low: number; expected: number; high: number };

/** What queues cost together; null where a price is unknown. */
export interface Prices {
  /** Whether the batch API is available for one of them. */
  hasBatch: boolean;
  /** Whether others of them run in real time. */
  isMixed: boolean;
  /** Through the batch API where it is available. */
  auto: Range | null;
  /** The most that mode auto may spend: what a person accepts. */
  autoMost: number | null;
  standard: Range | null;
}

/** Adds up what the queues cost. */
export function pricesOf(queues: readonly Schemas['Queue'][]): Prices {
  const estimates = queues.map(({ estimate }) => estimate);
  const isBatch = estimates.map((one) => one?.executor === 'batch-api');
  return {
    hasBatch: isBatch.includes(true),
    isMixed: isBatch.includes(true) && isBatch.includes(false),
    auto: sumOf(estimates.map((one, at) => (isBatch[at] === true ? one?.batch_usd : one?.standard_usd) ?? null)),
    autoMost: estimates.reduce<number | null>(
      (sum, one) => (sum === null || one?.spending_usd == null ? null : sum + one.spending_usd),
      0,
    ),
    standard: sumOf(estimates.map((one) => one?.standard_usd ?? null)),
  };
}

function sumOf(ranges: readonly (Range | null)[]): Range | null {
  return ranges.reduce<Range | null>(
    (sum, one) =>
      sum === null || one === null
        ? null
        : { low: sum.low + one.low, expected: sum.expected + one.expected, high: sum.high + one.high },
    { low: 0, expected: 0, high: 0 },
  );
}
