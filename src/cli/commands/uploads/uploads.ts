import type { Command } from 'commander';
import { listByDefault } from '../../arguments/list-by-default.ts';
import type { CommandContext } from '../../command-context.ts';
import { addUploadsAddCommand } from './uploads-add.ts';
import { addUploadsDeleteCommand } from './uploads-delete.ts';
import { addUploadsListCommand, listUploads } from './uploads-list.ts';

/** `rowmill uploads …`. */
export function addUploadsCommands(uploads: Command, context: CommandContext): void {
  uploads.helpCommand(false).addHelpText('after', HELP);
  addUploadsListCommand(uploads, context);
  addUploadsAddCommand(uploads, context);
  addUploadsDeleteCommand(uploads, context);
  listByDefault(uploads, context, (output) => listUploads({}, { context, output }));
}

const HELP = `
Without a command, uploads are listed. An upload is a table by its URI:
  rowmill run upload://upl_… --agent NAME

An upload that nobody uses expires, unless a draft or a batch that has not
ended names it.`;
