import type { Command } from 'commander';
import { listByDefault } from '../../arguments/list-by-default.ts';
import type { CommandContext } from '../../command-context.ts';
import { addBatchesAppendCommand } from './batches-append.ts';
import { addBatchesCancelCommand } from './batches-cancel.ts';
import { addBatchesCreateCommand } from './batches-create.ts';
import { addBatchesDeleteCommand } from './batches-delete.ts';
import { addBatchesExportCommand } from './batches-export.ts';
import { addBatchesFlowCommand } from './batches-flow.ts';
import { addBatchesListCommand, listBatches } from './batches-list.ts';
import { addBatchesMapCommand } from './batches-map.ts';
import { addBatchesPauseCommand } from './batches-pause.ts';
import { addBatchesResumeCommand } from './batches-resume.ts';
import { addBatchesRetryCommand } from './batches-retry.ts';
import { addBatchesRowCommand } from './batches-row.ts';
import { addBatchesRowsCommand } from './batches-rows.ts';
import { addBatchesRunCommand } from './batches-run.ts';
import { addBatchesSetCommand } from './batches-set.ts';
import { addBatchesShowCommand } from './batches-show.ts';
import { addBatchesTraceCommand } from './batches-trace.ts';

/** `rowmill batches …`. */
export function addBatchesCommands(batches: Command, context: CommandContext): void {
  batches.helpCommand(false).addHelpText('after', HELP);
  addBatchesListCommand(batches, context);
  addBatchesShowCommand(batches, context);
  addBatchesFlowCommand(batches, context);
  addBatchesRowsCommand(batches, context);
  addBatchesMapCommand(batches, context);
  addBatchesTraceCommand(batches, context);
  addBatchesRowCommand(batches, context);
  addBatchesSetCommand(batches, context);
  addBatchesPauseCommand(batches, context);
  addBatchesResumeCommand(batches, context);
  addBatchesCancelCommand(batches, context);
  addBatchesRetryCommand(batches, context);
  addBatchesExportCommand(batches, context);
  addBatchesDeleteCommand(batches, context);
  addBatchesCreateCommand(batches, context);
  addBatchesAppendCommand(batches, context);
  addBatchesRunCommand(batches, context);
  listByDefault(batches, context, (output) => listBatches({}, { context, output }));
}

const HELP = `
Without a command, batches are listed. A batch is named by its id, by the start
of its id, or by latest.

Examples:
  rowmill batches
  rowmill batches show latest
  rowmill batches rows bat_… --status failed
  rowmill batches map latest               all rows in one line, and where rows failed
  rowmill batches trace bat_… 7            every model call and tool call of row 7
  rowmill batches row bat_… 7 --cancel
  rowmill batches set bat_… --concurrency 50 --max-cost 3
  rowmill batches pause bat_…
  rowmill batches resume bat_…
  rowmill batches retry bat_… --code row_timeout

A batch without a table collects rows before it runs:
  rowmill batches create --agent NAME --columns message,customer
  rowmill batches append bat_… messages.csv
  rowmill batches run bat_…`;
