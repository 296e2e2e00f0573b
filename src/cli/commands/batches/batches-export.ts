import { type Command, InvalidArgumentError, Option } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { bytes } from '../../../base/figures.ts';
import { batchOptions } from '../../../runner/contract/options.ts';
import { writtenStyle } from '../../../runner/output/written-style.ts';
import type { ExportStatus } from '../../../runner/runner.ts';
import { BATCH_ARGUMENT } from '../../batch-argument.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { locationArgument } from '../../mapping-arguments.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { writeAll } from '../../write-all.ts';

interface ExportArguments {
  out?: string;
  spreadsheetSafe?: boolean;
  bom?: boolean;
  delimiter?: string;
  overwrite?: boolean;
  status?: ExportStatus;
}

/** `rowmill batches export BATCH`: the current table, to a file or to stdout. */
export function addBatchesExportCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'export', 'Write the current table of a batch, in a format of your choice')
    .argument('<batch>', BATCH_ARGUMENT)
    .option(
      '-o, --out <location>',
      'path or s3:// URI; its extension sets the format. Without --out, or with -: CSV on stdout',
    )
    .option('--overwrite', 'replace an existing file')
    .option('--spreadsheet-safe', 'neutralise cells that a spreadsheet would read as formulas')
    .option('--bom', 'start with a byte order mark, by which Excel recognises UTF-8 (CSV and TSV)')
    .option(
      '--delimiter <character>',
      'the character between two fields of a CSV; "tab" names the tab',
      delimiterArgument,
    )
    .addOption(
      new Option(
        '--status <status>',
        'only rows with this status, and only their source columns, to be corrected and run again with run --continue',
      ).choices(['succeeded', 'failed', 'not_run'] satisfies ExportStatus[]),
    )
    .addHelpText('after', HELP)
    .action((name: string, given: ExportArguments) =>
      context.run(async (output) => {
        const { runner } = await context.app();
        const batch = await runner.idOf(name);
        const style = writtenStyle({
          ...(given.spreadsheetSafe === true && { spreadsheet_safe: true }),
          ...(given.bom === true && { bom: true }),
          ...(given.delimiter !== undefined && { out_delimiter: given.delimiter }),
        });
        const selection = given.status === undefined ? {} : { status: given.status };
        if (given.out === undefined || given.out === '-') {
          const option = [...(output.json ? ['--json'] : []), ...(given.overwrite === true ? ['--overwrite'] : [])][0];
          if (option !== undefined) {
            throw new AppError('invalid_arguments', `${option} needs --out: without it the table goes to stdout.`);
          }
          await writeAll(runner.csv(batch, { ...style, ...selection }), context.io.stdout);
          return EXIT.completed;
        }
        const written = await runner.exportTable(batch, locationArgument(given.out, context.io.cwd), {
          ...style,
          ...(given.overwrite === true && { overwrite: true }),
          ...selection,
        });
        output.document({ batch_id: batch, output_uri: written.uri, bytes: written.bytes });
        output.line(`${oneLine(written.uri)} (${bytes(written.bytes)})`);
        return EXIT.completed;
      }),
    );
}

/** The rule is the option's own in the contract. */
function delimiterArgument(text: string): string {
  const parsed = batchOptions.shape.out_delimiter.safeParse(text);
  if (parsed.success) return text;
  throw new InvalidArgumentError(`It ${parsed.error.issues[0]?.message ?? ''}.`);
}

const HELP = `
Examples:
  rowmill batches export bat_… --out answers.jsonl.gz
  rowmill batches export bat_… | head
  rowmill batches export bat_… --status failed > to-correct.csv`;
