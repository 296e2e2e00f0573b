import type { Command } from 'commander';
import { count, duration } from '../../../base/figures.ts';
import type { BatchFlow } from '../../../runner/contract/report/flow.ts';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { layOutTable } from '../../terminal/terminal-table.ts';

/** `rowmill batches flow BATCH`: its way through its states. */
export function addBatchesFlowCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'flow', 'Show the way of a batch through its states, with times and counts')
    .argument('<batch>', BATCH_ARGUMENT)
    .action((batch: string) =>
      context.run(async (output) => {
        const { runner } = await context.app();
        const flow = await runner.flow(await runner.idOf(batch));
        output.document(flow);
        showFlow(flow, output);
        return EXIT.completed;
      }),
    );
}

function showFlow({ batch_id: id, states, changes, complete }: BatchFlow, { paint, width, line }: Output): void {
  const seen = states.filter(({ visits, is_current: isCurrent }) => visits > 0 || isCurrent);
  const way = seen.map(({ state, is_current: isCurrent }) => (isCurrent ? paint('bold', state) : state)).join(' → ');
  line(`${paint('cyan', id)}  ${way}`);
  const right = { align: 'right' as const, minWidth: 'whole' as const };
  const columns = [
    { title: 'entered (UTC)', minWidth: 'whole' as const },
    { title: 'state', minWidth: 'whole' as const },
    { title: 'lasted', ...right },
    ...['queued', 'running', 'succeeded', 'failed'].map((title) => ({ title, ...right })),
  ];
  const rows = changes.map(({ at, state, pause_reason: reason, seconds, counts }) => [
    at.slice(0, 19).replace('T', ' '),
    reason === null ? state : `${state} (${reason})`,
    seconds === null ? 'now' : duration(seconds),
    ...[counts?.queued, counts?.running, counts?.succeeded, counts?.failed].map((rowCount) =>
      rowCount === undefined ? '' : count(rowCount),
    ),
  ]);
  for (const text of layOutTable(columns, rows, { width, paint })) line(text);
  if (!complete) line('Earlier versions ran this batch: not every change is known.');
}
