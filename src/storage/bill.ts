import type { TokenCosts, Usage } from '../protocol/messages.ts';

/** One model in the bill of a batch; money in micro-dollars, summed over its calls of known price. */
interface ModelBill {
  /** `provider/model`. */
  model: string;
  calls: number;
  unpricedCalls: number;
  usage: Usage;
  microUsd: TokenCosts;
}

/** Attempts of one outcome: their number, their cost, and the sum of the squares of each attempt's cost. */
export interface AttemptsBill {
  attempts: number;
  costMicroUsd: number;
  squares: number;
}

/** The bill of a batch in detail. Cost that is in neither sum of attempts was spent on rows that have not ended. */
export interface BatchBill {
  models: ModelBill[];
  succeeded: AttemptsBill;
  failed: AttemptsBill;
}
