import { createInterface } from 'node:readline/promises';
import { AppError } from '../base/errors.ts';
import type { BatchPlan } from '../runner/contract/report/plan.ts';
import type { BatchRequest } from '../runner/contract/request/request.ts';
import { encodingOf } from '../tables/reading.ts';
import type { App } from './app.ts';
import { inFlags } from './arguments/option-words.ts';
import type { CommandContext, Output } from './command-context.ts';
import { oneLine } from './terminal/safe-text.ts';

/** The code of the fault of a table whose encoding is not certain. */
const UNCERTAIN = 'encoding_uncertain';

/** What a question to a person needs. `mayAsk`: whether a person can be asked. */
interface Asking {
  context: CommandContext;
  output: Output;
  mayAsk: boolean;
}

/**
 * Reads a table. Where its encoding is not certain, a person names it, and it is read again.
 * @returns what was read, and what the person named; null where nobody was asked
 */
export async function readAsking<Found>(
  read: (named: { encoding?: string }) => Promise<Found>,
  { context, output, mayAsk }: Asking,
): Promise<{ found: Found; named: { encoding: string } | null }> {
  try {
    return { found: await read({}), named: null };
  } catch (fault) {
    if (!mayAsk || !(fault instanceof AppError) || fault.code !== UNCERTAIN) throw fault;
    const encoding = await askEncoding(fault.message, context, output);
    if (encoding === undefined) throw fault;
    return { found: await read({ encoding }), named: { encoding } };
  }
}

/**
 * Plans a batch. Where the table's encoding is not certain, a person names it, and the batch is planned again.
 * @returns the plan, and the request that it is of
 */
export async function planReadable(
  request: BatchRequest,
  { app, context, output, mayAsk }: Asking & { app: App },
): Promise<{ request: BatchRequest; plan: BatchPlan }> {
  const plan = await app.runner.plan(request);
  const uncertain = plan.problems.find(({ code }) => code === UNCERTAIN);
  if (!mayAsk || uncertain === undefined) return { request, plan };
  const encoding = await askEncoding(uncertain.message, context, output);
  if (encoding === undefined) return { request, plan };
  const readable = { ...request, reading: { ...request.reading, encoding } };
  return { request: readable, plan: await app.runner.plan(readable) };
}

/**
 * Asks a person for the encoding of a table.
 * @param why the fault `encoding_uncertain`: it shows the candidates, and how each would read the text
 * @returns a label of the WHATWG list; undefined when the person gives none
 */
async function askEncoding(why: string, { io }: CommandContext, output: Output): Promise<string | undefined> {
  output.note(oneLine(inFlags(why)));
  const prompt = createInterface({ input: io.stdin, output: io.stderr });
  try {
    for (;;) {
      const label = (await prompt.question('Which encoding is it? (empty: stop) ')).trim();
      if (label === '') return undefined;
      if (encodingOf(label) !== undefined) return label;
      output.note(`${oneLine(label)} is no encoding of the WHATWG list: try utf-8, windows-1252, gbk or shift_jis.`);
    }
  } catch {
    // Ctrl-C and Ctrl-D are answers too: none.
    return undefined;
  } finally {
    prompt.close();
  }
}
