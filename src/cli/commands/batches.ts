import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { addBatchesCancelCommand } from './batches-cancel.ts';
import { addBatchesDeleteCommand } from './batches-delete.ts';
import { addBatchesExportCommand } from './batches-export.ts';
import { addBatchesListCommand } from './batches-list.ts';
import { addBatchesResumeCommand } from './batches-resume.ts';
import { addBatchesRowsCommand } from './batches-rows.ts';
import { addBatchesShowCommand } from './batches-show.ts';
import { addBatchesTraceCommand } from './batches-trace.ts';

/** `rowmill batches …`. */
export function addBatchesCommands(program: Command, context: CommandContext): void {
  const batches = program
    .command('batches')
    .description('Look at batches, resume, cancel and export them')
    .helpCommand(false)
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', HELP);
  addBatchesListCommand(batches, context);
  addBatchesShowCommand(batches, context);
  addBatchesRowsCommand(batches, context);
  addBatchesTraceCommand(batches, context);
  addBatchesResumeCommand(batches, context);
  addBatchesCancelCommand(batches, context);
  addBatchesExportCommand(batches, context);
  addBatchesDeleteCommand(batches, context);
}

const HELP = `
Examples:
  rowmill batches list
  rowmill batches rows bat_… --status failed
  rowmill batches trace bat_… 7            every model call and tool call of row 7
  rowmill batches resume bat_…`;
