import type { Command } from 'commander';
import { count, dollars } from '../../../base/figures.ts';
import { strict } from '../../../base/schema/strict-object.ts';
import { period } from '../../../runner/contract/report/usage.ts';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { limitOption } from '../../arguments/limit-option.ts';
import { parsePeriod } from '../../arguments/parse-period.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { layOutTable } from '../../terminal/terminal-table.ts';

interface LedgerArguments {
  from?: string;
  to?: string;
  limit?: number;
  after?: string;
}

/** `rowmill monitor ledger BATCH`: the calls that the sums of a batch are made of. */
export function addMonitorLedgerCommand(monitor: Command, context: CommandContext): void {
  newCommand(monitor, 'ledger', 'List the calls of a batch with what each cost and saved')
    .argument('<batch>', BATCH_ARGUMENT)
    .option('--from <time>', 'only calls that were answered from this time on: a day in UTC or an ISO 8601 time')
    .option('--to <time>', 'only calls that were answered before this time')
    .addOption(limitOption())
    .option('--after <place>', 'continue after the end of the page before')
    .action((batch: string, given: LedgerArguments) =>
      context.run((output) => showLedger(batch, given, { context, output })),
    );
}

async function showLedger(
  batch: string,
  { from, to, limit = 20, after }: LedgerArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const times = parsePeriod(strict(period), { from, to });
  const app = await context.app();
  const batchId = await app.runner.idOf(batch);
  const { calls, next } = await app.monitoring.ledger({ batchId, after, limit, ...times });
  output.document({ calls, next });
  if (calls.length === 0 && next === null) output.line('There are no such calls.');
  else {
    const right = { align: 'right' as const, minWidth: 'whole' as const };
    const columns = [
      { title: 'row/attempt/turn', minWidth: 'whole' as const, paint: (text: string) => output.paint('cyan', text) },
      { title: 'answered (UTC)', minWidth: 'whole' as const },
      { title: 'way', minWidth: 'whole' as const },
      { title: 'cost', ...right },
      { title: 'saved', ...right },
      { title: 'tokens in', ...right },
      { title: 'tokens out', ...right },
      { title: 'model', minWidth: 8 },
    ];
    const rows = calls.map((call) => [
      ...[`${call.run.slice(batchId.length + 1)}/${call.turn}`, call.at.slice(0, 19).replace('T', ' '), call.way],
      ...[dollars(call.cost_usd), dollars(call.saved_usd), count(call.input_tokens), count(call.output_tokens)],
      oneLine(call.model),
    ]);
    for (const text of layOutTable(columns, rows, output)) output.line(text);
  }
  if (next !== null) output.note(`More: add --after ${next}`);
  return EXIT.completed;
}
