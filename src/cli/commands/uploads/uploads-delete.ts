import type { Command } from 'commander';
import { deleteUpload } from '../../../access/delete-upload.ts';
import { AppError } from '../../../base/errors.ts';
import { localCaller } from '../../../runner/contract/caller.ts';
import { reportUpload } from '../../../uploads/upload-report.ts';
import { askToGoOn, canAsk } from '../../agreement.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';

/** Deleting costs nothing, but can't be undone: an empty answer is no. */
const CAREFULLY = { expectedUsd: null, limitUsd: 0 };

/** `rowmill uploads delete UPLOAD`: its record and its bytes. */
export function addUploadsDeleteCommand(uploads: Command, context: CommandContext): void {
  newCommand(uploads, 'delete', 'Delete an upload; batches that have loaded it keep their rows')
    .argument('<upload>', 'the id or the URI of an upload')
    .option('-y, --yes', 'delete without asking')
    .action((name: string, given: { yes?: boolean }) =>
      context.run(async (output) => {
        const app = await context.app();
        const upload = await app.uploads.read(name.replace(/^upload:\/\//, ''), {});
        const what = `${upload.uri} (${oneLine(upload.name)})`;
        if (given.yes !== true) {
          if (!canAsk(context, output)) {
            throw new AppError('confirmation_needed', `Deleting ${what} can't be undone; add --yes to do it.`);
          }
          if (!(await askToGoOn(context, `Delete ${what} permanently?`, CAREFULLY))) {
            output.note('Not deleted.');
            return EXIT.cancelled;
          }
        }
        await deleteUpload(upload.id, localCaller('cli'), { uploads: app.uploads, audit: app.access.audit });
        output.document({ ...reportUpload(upload), deleted: true });
        output.line(`Deleted ${what}.`);
        return EXIT.completed;
      }),
    );
}
