import { type AgentDefinition, type AnsweringModel, answeringModels } from '../../../agent/definition.ts';
import { dollars } from '../../../base/figures.ts';
import type { PriceTable } from '../../../providers/prices/prices.ts';
import { capitalized, type DaySpending, dayCapName, dayCapReached, unpricedDayCap } from '../../../storage/spending.ts';
import type { Problem } from '../../contract/problem.ts';
import type { BatchPlan } from '../../contract/report/plan.ts';
import type { RunnerDeps } from '../../deps.ts';

/** Reports a model of unknown price where a cap of a day is set. */
export function unpricedDay(model: AnsweringModel, { key }: DaySpending, { prices }: RunnerDeps): Problem[] {
  const unpriced = unpricedOf(model, prices);
  return unpriced === undefined ? [] : [{ code: 'budget_unpriced', message: unpricedDayCap(unpriced, key) }];
}

/** Reports a cap that can't be enforced because the price of the model is unknown. */
export function unpricedCap(agent: AgentDefinition, cap: number | undefined, { prices }: RunnerDeps): Problem[] {
  const unpriced = unpricedOf(agent.model, prices);
  if (cap === undefined || unpriced === undefined) return [];
  const message = `max_cost_usd can't be enforced: the price of ${unpriced} is unknown. Leave out the cap, use a model with a known price, or add its price to a price file (ROWMILL_PRICES).`;
  return [{ code: 'budget_unpriced', message }];
}

/** The first of the models that may answer whose price is unknown. */
function unpricedOf(model: AnsweringModel, prices: PriceTable): string | undefined {
  return answeringModels(model).find((one) => !isPriced(one.provider, one.model, prices))?.model;
}

/** Whether calls of a model have a known price. */
export function isPriced(provider: string, model: string, prices: PriceTable): boolean {
  return prices.worstCase(provider, model, { inputTokens: 1, maxTokens: 1 }) !== undefined;
}

/** Reports what the cap of the day leaves for a batch: a problem when it leaves nothing, a warning when it is too little. */
export function tellDay({ problems, warnings, spending_usd: expected }: BatchPlan, day: DaySpending): void {
  const left = (day.capMicroUsd - day.costMicroUsd - day.openMicroUsd) / 1e6;
  if (expected === null || expected <= left) return;
  if (left <= 0) {
    const { code, message } = dayCapReached(day);
    problems.push({ code, message });
    return;
  }
  warnings.push(
    `${capitalized(dayCapName(day.capMicroUsd, day.key))} leaves ${dollars(left)} for ${day.day}; the batch may cost more, and pauses when the cap is reached.`,
  );
}
