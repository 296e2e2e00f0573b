import { createReadStream, existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { localCaller } from '../../../runner/contract/caller.ts';
import { reportUpload } from '../../../uploads/upload-report.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';

/** `rowmill uploads add FILE`: a copy of a file, as a table by its URI. */
export function addUploadsAddCommand(uploads: Command, context: CommandContext): void {
  newCommand(uploads, 'add', 'Copy a file to the uploads, as a table by its URI')
    .argument('<file>', 'a file of this machine; its name decides the format')
    .action((file: string) =>
      context.run(async (output) => {
        const path = resolve(context.io.cwd, file);
        if (!existsSync(path)) throw new AppError('file_not_found', `There is no file ${path} on this machine.`);
        const app = await context.app();
        const announced = { name: basename(path), bytes: undefined };
        const body = createReadStream(path);
        const upload = await app.uploads.receive(announced, localCaller('cli').id, { body });
        output.document(reportUpload(upload));
        output.line(upload.uri);
        output.note(`It is a table by this URI: rowmill run ${upload.uri} --agent NAME (${oneLine(upload.name)})`);
        return EXIT.completed;
      }),
    );
}
