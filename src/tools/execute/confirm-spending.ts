import { isoTime } from '../../base/clock.ts';
import { dollars } from '../../base/figures.ts';
import type { Json } from '../../protocol/messages.ts';
import type { PersonMessage } from '../../protocol/run.ts';
import { mustConfirm } from '../../runner/intake/money/spending.ts';
import type { Confirmations, Consent } from './confirmations.ts';
import type { ExecuteOutput } from './execute-output.ts';

/** The parts that a confirmation by a person requires. */
export interface SpendingParts {
  /** A person has to agree to a cost above this many dollars in an hour; 0: always. */
  confirmAboveUsd: number;
  confirmations: Confirmations;
}

export type NeededConfirmation = NonNullable<ExecuteOutput['needs_confirmation']>;

/** What an action is about to spend. */
export interface AboutToSpend {
  /** What the person agrees to: a token is valid for exactly this request. */
  request: Json;
  /** What will be started, for the person who is asked. */
  title: string;
  /** null when unknown. */
  expectedUsd: number | null;
  batchId: string;
  /** What the batch has spent so far, in dollars. */
  spentUsd: number;
  /** The action: repeated with the same key, it needs no second yes. */
  key: string;
  token: string | undefined;
  said: PersonMessage | undefined;
}

/**
 * Takes what an action needs before it may spend: a person's yes, or room in what may be started without one.
 * @returns undefined when it may go on; else the confirmation by a person that it needs
 */
export async function neededConfirmation(
  spend: AboutToSpend,
  { confirmAboveUsd, confirmations }: SpendingParts,
): Promise<NeededConfirmation | undefined> {
  const { token, key, expectedUsd } = spend;
  const isLarge = mustConfirm(expectedUsd, confirmAboveUsd);
  const refused = token === undefined ? undefined : await confirmations.use(token, spend, key);
  if (token !== undefined && refused === undefined) return undefined;
  let sumUsd = 0;
  if (!isLarge && expectedUsd !== null) {
    const unasked = await confirmations.startUnasked(
      { ...spend, expectedUsd, key: unaskedKey(spend) },
      confirmAboveUsd,
    );
    if (unasked.counted) return undefined;
    sumUsd = unasked.sumUsd;
  }
  const consent = refused?.open ?? (await confirmations.ask(spend));
  const before = refused === undefined ? '' : `${refused.reason} `;
  return {
    confirmation_token: consent.token,
    ...(spend.said === undefined ? placesOf(consent) : { confirm_command: null, confirm_page: null }),
    title: consent.title,
    expires_at: isoTime(consent.expiresAt),
    expected_usd: expectedUsd,
    limit_usd: confirmAboveUsd,
    reason: `${before}${reasonOf(expectedUsd, sumUsd, confirmAboveUsd)}`,
  };
}

function placesOf({ code }: Consent) {
  return { confirm_command: `rowmill confirm ${code}`, confirm_page: `/confirm/${code}` };
}

function reasonOf(expectedUsd: number | null, sumUsd: number, limitUsd: number): string {
  if (expectedUsd === null) return 'The price is unknown.';
  const together = sumUsd > 0 ? `, and ${dollars(sumUsd)} was started in the last hour without asking a person` : '';
  return `The cost may be as much as ${dollars(expectedUsd)}${together}. A person has to agree to more than ${dollars(limitUsd)}.`;
}

/** Takes back what was counted for an action that was not carried out. */
export function notSpent(
  spend: Pick<AboutToSpend, 'key' | 'batchId'>,
  { confirmations }: SpendingParts,
): Promise<void> {
  return confirmations.forgetUnasked(unaskedKey(spend));
}

/** A start that meets an earlier one with its idempotency key has an id of its own, and is taken back alone. */
function unaskedKey({ key, batchId }: Pick<AboutToSpend, 'key' | 'batchId'>): string {
  return `${key} ${batchId}`;
}

/** The answer that asks for a confirmation; nothing was done. */
export function askFirst(described: ExecuteOutput, needed: NeededConfirmation): ExecuteOutput {
  const less = 'a smaller sample or options.max_cost_usd below the limit needs no yes';
  const next =
    needed.confirm_command === null
      ? `Show the person the estimate and ask whether to continue, then end your turn. Only when they themselves say yes in their next message, call again with the same arguments and confirmation_token; ${less}. The token is not valid before they have answered.`
      : `Show the person the estimate, and ask them to type "${needed.confirm_command}" in a terminal on the machine of Rowmill, or to open ${needed.confirm_page} on the address of rowmill serve. When they have agreed there, call again with the same arguments and confirmation_token; ${less}. Only a person may agree: never run the command or open the page for them.`;
  return {
    ...described,
    summary: `Nothing was done yet: a person has to agree first. ${needed.reason}`,
    next_step: next,
    started: false,
    needs_confirmation: needed,
  };
}
