import { type Command, InvalidArgumentError, Option } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { bytes } from '../../../base/figures.ts';
import { describeZodError } from '../../../base/schema/schema.ts';
import { EXPORT_COLUMNS, type ExportQuery, exportQuery } from '../../../runner/contract/request/export.ts';
import { METADATA_COLUMNS } from '../../../runner/contract/request/mapping.ts';
import { batchOptions } from '../../../runner/contract/request/options.ts';
import { writtenStyle } from '../../../runner/output/written-style.ts';
import type { ExportStatus, Runner } from '../../../runner/runner.ts';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { commaSeparated, locationArgument } from '../../arguments/mapping-arguments.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { formatOf, localPath, refuseExisting, writeTableFile } from '../../table-file.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { writeAll } from '../../write-all.ts';

const METADATA = [...EXPORT_COLUMNS, ...METADATA_COLUMNS];
const SCOPES = exportQuery.shape.rows.unwrap().options;

interface ExportArguments {
  out?: string;
  spreadsheetSafe?: boolean;
  bom?: boolean;
  delimiter?: string;
  overwrite?: boolean;
  status?: ExportStatus;
  rows?: NonNullable<ExportQuery['rows']>;
  columns?: string[];
  metadata?: string[];
  listColumns?: boolean;
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
      )
        .choices(['succeeded', 'failed', 'not_run'] satisfies ExportStatus[])
        .conflicts(['rows', 'columns', 'metadata']),
    )
    .addOption(new Option('--rows <rows>', 'only these rows, with all their columns').choices(SCOPES))
    .option('--columns <a,b>', 'only these columns, in this order', commaSeparated)
    .option('--metadata <a,b>', `further columns about each row: ${METADATA.join(', ')}`, commaSeparated)
    .option('--list-columns', 'write nothing: list the columns of the table, which --columns can choose')
    .addHelpText('after', HELP)
    .action((name: string, given: ExportArguments) =>
      context.run(async (output) => {
        const { runner } = await context.app();
        const batch = await runner.idOf(name);
        if (given.listColumns === true) {
          const columns = await runner.exportColumns(batch);
          output.document({ batch_id: batch, columns, metadata: METADATA });
          for (const column of columns) output.line(oneLine(column));
          return EXIT.completed;
        }
        const style = writtenStyle({
          ...(given.spreadsheetSafe === true && { spreadsheet_safe: true }),
          ...(given.bom === true && { bom: true }),
          ...(given.delimiter !== undefined && { out_delimiter: given.delimiter }),
        });
        const chosen = chosenOf(given);
        const selection = given.status === undefined ? {} : { status: given.status };
        if (given.out === undefined || given.out === '-') {
          const option = [...(output.json ? ['--json'] : []), ...(given.overwrite === true ? ['--overwrite'] : [])][0];
          if (option !== undefined) {
            throw new AppError('invalid_arguments', `${option} needs --out: without it the table goes to stdout.`);
          }
          const table =
            chosen === undefined
              ? runner.csv(batch, { ...style, ...selection })
              : (await runner.export(batch, chosen)).bytes;
          await writeAll(table, context.io.stdout);
          return EXIT.completed;
        }
        const place = locationArgument(given.out, context.io.cwd);
        const written =
          chosen === undefined
            ? await runner.exportTable(batch, place, {
                ...style,
                ...(given.overwrite === true && { overwrite: true }),
                ...selection,
              })
            : await exportChosen({ batch, place, chosen, overwrite: given.overwrite === true }, runner);
        output.document({ batch_id: batch, output_uri: written.uri, bytes: written.bytes });
        output.line(`${oneLine(written.uri)} (${bytes(written.bytes)})`);
        return EXIT.completed;
      }),
    );
}

/** The query for chosen rows and columns; undefined for the table of the batch. @throws AppError `invalid_arguments` */
function chosenOf({ rows, columns, metadata, ...given }: ExportArguments): ExportQuery | undefined {
  if (rows === undefined && columns === undefined && metadata === undefined) return undefined;
  const parsed = exportQuery.safeParse({
    ...(rows !== undefined && { rows }),
    ...(columns !== undefined && { columns }),
    ...(metadata !== undefined && { metadata }),
    ...(given.spreadsheetSafe === true && { spreadsheet_safe: true }),
    ...(given.bom === true && { bom: true }),
    ...(given.delimiter !== undefined && { delimiter: given.delimiter }),
  });
  if (parsed.error === undefined) return parsed.data;
  throw new AppError('invalid_arguments', `${describeZodError(parsed.error).join('\n')}.`);
}

interface ChosenExport {
  batch: string;
  place: string;
  chosen: ExportQuery;
  overwrite: boolean;
}

/** Chosen rows and columns in a file of this machine. @throws AppError `option_not_supported` for another place */
async function exportChosen({ batch, place, chosen, overwrite }: ChosenExport, runner: Runner) {
  const path = localPath(place);
  if (path === undefined) {
    const message = `${place} is not a file of this machine, where --rows, --columns and --metadata write.`;
    throw new AppError('option_not_supported', message);
  }
  refuseExisting(path, overwrite);
  const { bytes: table } = await runner.export(batch, { ...chosen, ...formatOf(path) });
  return writeTableFile(path, table, overwrite);
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
  rowmill batches export bat_… --rows failed --columns address,_error --metadata _trace_id
  rowmill batches export bat_… --status failed > to-correct.csv`;
