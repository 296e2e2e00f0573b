import { AppError } from '../base/errors.ts';
import { dollars } from '../base/figures.ts';
import type { BatchPlan } from '../runner/contract/report/plan.ts';
import type { Confirmations } from '../tools/execute/confirmations.ts';

/** What a start over HTTP may spend. */
export interface ApprovalParts {
  /** What may be started in an hour without a person's yes, in dollars. */
  confirmAboveUsd: number;
  confirmations: Confirmations;
}

/** What the request says about its cost. */
export interface Accepted {
  accepted_usd?: number | undefined;
  max_cost_usd?: number | undefined;
}

/** How far an estimate may be above the accepted one. */
const TOLERANCE = 1.1;

/**
 * Lets a start spend: a cap was set, its estimate was accepted, or it fits in what may be started in an hour without a
 * yes.
 * @param key the action: repeated with the same key, it counts once
 */
export function approvalOf(
  { accepted_usd: accepted, max_cost_usd: cap }: Accepted,
  key: string | undefined,
  { confirmAboveUsd, confirmations }: ApprovalParts,
): (plan: Pick<BatchPlan, 'spending_usd'>, batchId: string) => Promise<void> {
  return async ({ spending_usd: expectedUsd }, batchId) => {
    if (cap !== undefined) return;
    if (accepted !== undefined && expectedUsd !== null && expectedUsd <= accepted * TOLERANCE) return;
    if (expectedUsd !== null && accepted === undefined && expectedUsd <= confirmAboveUsd) {
      const spending = { key: key ?? batchId, batchId, expectedUsd, spentUsd: 0 };
      if ((await confirmations.startUnasked(spending, confirmAboveUsd)).counted) return;
    }
    const cost = expectedUsd === null ? 'The cost is unknown' : `The cost may be as much as ${dollars(expectedUsd)}`;
    const fix =
      expectedUsd === null
        ? 'Give max_cost_usd with a cap, and a price in ROWMILL_PRICES.'
        : 'Give accepted_usd with the estimate that a person accepts, or max_cost_usd with a cap.';
    throw new AppError('confirmation_needed', `${cost}, and a person has to accept it. ${fix}`, {
      faults: [{ place: 'body.accepted_usd', message: cost, fix }],
    });
  };
}

/** The field of a body that accepts an estimate. */
export const ACCEPTED_USD =
  'The estimate that a person has accepted, in dollars: an estimate above 1.1 times of it starts nothing.';
