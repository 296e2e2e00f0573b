import type { Command } from 'commander';
import { counted } from '../../../base/figures.ts';
import type { FleetWorker } from '../../../runner/contract/service/worker.ts';
import { listByDefault } from '../../arguments/list-by-default.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { layOutTable } from '../../terminal/terminal-table.ts';

/** `rowmill workers list`: who runs rows for this fleet. */
export function addWorkersCommands(workers: Command, context: CommandContext): void {
  workers.helpCommand(false);
  newCommand(workers, 'list', 'List the workers of the fleet').action(() =>
    context.run((output) => listWorkers({ context, output })),
  );
  listByDefault(workers, context, (output) => listWorkers({ context, output }));
}

async function listWorkers({ context, output }: { context: CommandContext; output: Output }): Promise<number> {
  const found = await (await context.app()).monitoring.workers();
  output.document({ workers: found });
  if (found.length === 0) output.line('There are no workers. Start one with: rowmill worker');
  else showWorkers(found, output);
  return EXIT.completed;
}

function showWorkers(found: FleetWorker[], { paint, width, line }: Output): void {
  const columns = [
    { title: 'worker', minWidth: 'whole' as const, paint: (text: string) => paint('cyan', text) },
    { title: 'host', minWidth: 6 },
    { title: 'tags', minWidth: 4 },
    { title: 'running', align: 'right' as const, minWidth: 'whole' as const },
    { title: 'rows', align: 'right' as const, minWidth: 'whole' as const },
    { title: 'state', minWidth: 'whole' as const },
  ];
  const rows = found.map((worker) => [
    worker.worker_id,
    oneLine(worker.host),
    worker.tags.join(','),
    `${worker.running_rows} of ${worker.concurrency}`,
    String(worker.rows),
    stateText(worker),
  ]);
  for (const text of layOutTable(columns, rows, { width, paint })) line(text);
  for (const { worker_id: id, unfit } of found) {
    for (const { batch_id: batch, reason } of unfit) {
      line(`${paint('cyan', id)} gives back the rows of ${batch}: ${oneLine(reason)}`);
    }
  }
  line(counted(found.length, 'worker'));
}

function stateText({ state, version, seen_at: seenAt }: FleetWorker): string {
  if (state === 'other_version') return `version ${version}: no rows`;
  return state === 'silent' ? `silent since ${seenAt.slice(11, 19)}` : state;
}
