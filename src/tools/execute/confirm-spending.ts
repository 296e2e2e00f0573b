import { dollars } from '../../base/figures.ts';
import type { Json } from '../../protocol/messages.ts';
import { mustConfirm } from '../../runner/intake/spending.ts';
import type { Confirmations } from './confirmations.ts';
import type { ExecuteOutput } from './execute-output.ts';

/** The parts that a confirmation by a person requires. */
export interface SpendingParts {
  /** A person has to agree to an expected cost above this many dollars; 0: always. */
  confirmAboveUsd: number;
  confirmations: Confirmations;
}

export type NeededConfirmation = NonNullable<ExecuteOutput['needs_confirmation']>;

/** Factor by which the cost may have grown since the person agreed. */
const GROWN = 1.1;

/**
 * The confirmation by a person that a request needs.
 * @param request what the person agrees to: a token is valid for exactly this request
 * @param expectedUsd null when unknown
 * @returns undefined when none is needed
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
      : `The expected cost is ${dollars(expectedUsd)}. A person has to agree to more than ${dollars(confirmAboveUsd)}.`;
  const before =
    typeof given === 'string'
      ? `${given} `
      : given === undefined
        ? ''
        : 'The cost is higher than the cost that the person agreed to. ';
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

/** The answer that asks for a confirmation; nothing was done. */
export function askFirst(described: ExecuteOutput, needed: NeededConfirmation): ExecuteOutput {
  return {
    ...described,
    summary: `Nothing was done yet: a person has to agree first. ${needed.reason}`,
    next_step:
      'Show the person the estimate and ask whether to continue. Only when they themselves say yes, call again with the same arguments and confirmation_token; a smaller sample or options.max_cost_usd below the limit needs no yes. Never send the token without their yes.',
    started: false,
    needs_confirmation: needed,
  };
}
