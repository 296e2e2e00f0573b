import { createInterface } from 'node:readline/promises';
import { AppError } from '../base/errors.ts';
import { dollars } from '../base/figures.ts';
import { mustConfirm } from '../runner/intake/spending.ts';
import type { CommandContext, Output } from './command-context.ts';

/** The spending that a command is about to start. */
export interface AboutToSpend {
  /** null when the price is unknown. */
  expectedUsd: number | null;
  /** A person has to agree to an expected cost above this many dollars; 0: always. */
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

/**
 * Refuses spending that needs a confirmation, where no person can be asked.
 * @throws AppError `confirmation_needed`, with the fix
 */
export function refuseCostly({ expectedUsd, limitUsd }: AboutToSpend): void {
  if (!mustConfirm(expectedUsd, limitUsd)) return;
  const cost = expectedUsd === null ? 'The cost is unknown' : `The expected cost is ${dollars(expectedUsd)}`;
  throw new AppError(
    'confirmation_needed',
    `${cost}. A cost that is unknown or above ${dollars(limitUsd)} (ROWMILL_CONFIRM_ABOVE_USD) needs a confirmation. ` +
      'Add --yes to confirm, or spend less: --max-cost USD, or --sample ROWS to try a few rows first.',
  );
}
