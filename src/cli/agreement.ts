import { createInterface } from 'node:readline/promises';
import { AppError } from '../base/errors.ts';
import { dollars } from '../base/figures.ts';
import { mustConfirm } from '../runner/intake/money/spending.ts';
import type { App } from './app.ts';
import type { CommandContext, Output } from './command-context.ts';

/** The spending that a command is about to start. */
export interface AboutToSpend {
  /** The high end of its estimate; null when the price is unknown. */
  expectedUsd: number | null;
  /** A person has to agree to a cost above this many dollars; 0: always. */
  limitUsd: number;
}

/** Whether the command can ask a person: in a terminal and without `--json`. */
export function canAsk({ io }: CommandContext, output: Output): boolean {
  return io.isTTY.stdin && io.isTTY.stderr && !output.json;
}

/** Asks a yes-or-no question on stderr. An empty answer is yes; if the spending needs a confirmation, it is no. */
export async function askToGoOn({ io }: CommandContext, question: string, spend: AboutToSpend): Promise<boolean> {
  const isCareful = mustConfirm(spend.expectedUsd, spend.limitUsd);
  const prompt = createInterface({ input: io.stdin, output: io.stderr });
  try {
    const answer = await prompt.question(`${question} ${isCareful ? '[y/N]' : '[Y/n]'} `);
    return (isCareful ? /^(y|yes)$/i : /^(y|yes|)$/i).test(answer.trim());
  } catch (cause) {
    throw new AppError('aborted', 'Not started.', { cause });
  } finally {
    prompt.close();
  }
}

/** An action on a batch that no person is asked about. */
export interface UnaskedAction {
  batchId: string;
  /** What the batch has spent so far, in dollars. */
  spentUsd: number;
}

/**
 * Whether spending may start without asking a person: with what else was started so in the last hour, it stays within
 * the limit. It is then counted.
 */
export async function mayStartUnasked(
  { confirmations }: Pick<App, 'confirmations'>,
  { expectedUsd, limitUsd }: AboutToSpend,
  action: UnaskedAction,
): Promise<boolean> {
  if (mustConfirm(expectedUsd, limitUsd) || expectedUsd === null) return false;
  const key = `cli:${crypto.randomUUID()}`;
  return (await confirmations.startUnasked({ ...action, expectedUsd, key }, limitUsd)).counted;
}

/** The ways to spend less that a command has. */
export const SPEND_LESS = '--max-cost USD';

/**
 * The fault of spending that needs a confirmation, where no person can be asked.
 * @param less the flags of the command by which less is spent
 * @returns AppError `confirmation_needed`, with the fix
 */
export function tooCostly({ expectedUsd, limitUsd }: AboutToSpend, less = SPEND_LESS): AppError {
  const cost = expectedUsd === null ? 'The cost is unknown' : `The cost may be as much as ${dollars(expectedUsd)}`;
  return new AppError(
    'confirmation_needed',
    `${cost}. A cost that is unknown or, with what was started in the last hour without a yes, above ${dollars(limitUsd)} (ROWMILL_CONFIRM_ABOVE_USD) needs a confirmation. ` +
      `Add --yes to confirm, or spend less: ${less}.`,
  );
}
