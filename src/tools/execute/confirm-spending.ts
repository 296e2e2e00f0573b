import { dollars } from '../../base/figures.ts';
import type { Json } from '../../protocol/messages.ts';
import { mustConfirm } from '../../runner/intake/spending.ts';
import type { Confirmations } from './confirmations.ts';
import type { ExecuteOutput } from './execute-output.ts';

/** What asking for a person's yes needs. */
export interface SpendingParts {
  /** Dollars from which on a person has to say yes; 0 is always. */
  confirmAboveUsd: number;
  confirmations: Confirmations;
}

export type NeededConfirmation = NonNullable<ExecuteOutput['needs_confirmation']>;

/** By how much the cost may have grown since the person said yes. */
const GROWN = 1.1;

/**
 * Whether a person has to say yes first.
 * @param request what the yes is for: a token is good for exactly this
 * @param expectedUsd null when unknown
 * @returns undefined when it may go on
 */
export function neededConfirmation(
  request: Json,
  expectedUsd: number | null,
  { token, confirmAboveUsd, confirmations }: SpendingParts & { token: string | undefined },
): NeededConfirmation | undefined {
  if (!mustConfirm(expectedUsd, confirmAboveUsd)) return undefined;
  const given = token === undefined ? undefined : confirmations.check(token, request);
  if (typeof given === 'object' && isCovered(expectedUsd, given.expectedUsd)) return undefined;
  const why =
    expectedUsd === null
      ? 'The price is unknown.'
      : `It is expected to cost ${dollars(expectedUsd)}, and from ${dollars(confirmAboveUsd)} on a person has to agree.`;
  const before =
    typeof given === 'string' ? `${given} ` : given === undefined ? '' : 'It costs more than what the yes was for. ';
  const { token: fresh, expiresAt } = confirmations.issue(request, expectedUsd);
  return {
    confirmation_token: fresh,
    expires_at: new Date(expiresAt).toISOString(),
    expected_usd: expectedUsd,
    limit_usd: confirmAboveUsd,
    reason: `${before}${why}`,
  };
}

function isCovered(expectedUsd: number | null, agreedUsd: number | null): boolean {
  if (agreedUsd === null) return true;
  return expectedUsd !== null && expectedUsd <= agreedUsd * GROWN;
}

/** The answer that asks: nothing was done. */
export function askFirst(described: ExecuteOutput, needed: NeededConfirmation): ExecuteOutput {
  return {
    ...described,
    summary: `Nothing was done yet: a person has to agree first. ${needed.reason}`,
    next_step:
      'Show the person the estimate and ask whether to go on. Only when they themselves say yes, call again with the same arguments and confirmation_token; a smaller sample or options.max_cost_usd below the limit needs no yes. Never send the token of your own accord.',
    started: false,
    needs_confirmation: needed,
  };
}
