import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { bytes } from '../../../base/figures.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { locationArgument } from '../../mapping-arguments.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { writeAll } from '../../write-all.ts';

interface ExportArguments {
  out?: string;
  spreadsheetSafe?: boolean;
  overwrite?: boolean;
}

/** `rowmill batches export BATCH`: the current table, to a file or to stdout. */
export function addBatchesExportCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'export', 'Write the current table of a batch, in a format of your choice')
    .argument('<batch>', 'id of the batch')
    .option(
      '-o, --out <location>',
      'path or s3:// URI; its extension sets the format. Without --out, or with -: CSV on stdout',
    )
    .option('--overwrite', 'replace an existing file')
    .option('--spreadsheet-safe', 'neutralise cells that a spreadsheet would read as formulas')
    .addHelpText('after', HELP)
    .action((batch: string, given: ExportArguments) =>
      context.run(async (output) => {
        const { runner } = await context.app();
        if (given.out === undefined || given.out === '-') {
          const option = [
            ...(output.json ? ['--json'] : []),
            ...(given.spreadsheetSafe === true ? ['--spreadsheet-safe'] : []),
            ...(given.overwrite === true ? ['--overwrite'] : []),
          ][0];
          if (option !== undefined) {
            throw new AppError('invalid_arguments', `${option} needs --out: without it the table goes to stdout.`);
          }
          await writeAll(runner.csv(batch), context.io.stdout);
          return EXIT.completed;
        }
        const written = await runner.exportTable(batch, locationArgument(given.out, context.io.cwd), {
          ...(given.spreadsheetSafe === true && { spreadsheetSafe: true }),
          ...(given.overwrite === true && { overwrite: true }),
        });
        output.document({ batch_id: batch, output_uri: written.uri, bytes: written.bytes });
        output.line(`${oneLine(written.uri)} (${bytes(written.bytes)})`);
        return EXIT.completed;
      }),
    );
}

const HELP = `
Examples:
  rowmill batches export bat_… --out answers.jsonl.gz
  rowmill batches export bat_… | head`;
