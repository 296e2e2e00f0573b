import type { Command } from 'commander';
import * as z from 'zod';
import { bytes, count, counted } from '../../base/figures.ts';
import { readingOptions } from '../../runner/contract/request/reading.ts';
import { canAsk } from '../agreement.ts';
import { numberArgument } from '../arguments/mapping-arguments.ts';
import { addReadingFlags, type FlagValues, readingArguments, readingFlagsOf } from '../arguments/option-flags.ts';
import { inFlags } from '../arguments/option-words.ts';
import { shellWord } from '../arguments/shell-word.ts';
import { STREAM, TABLE_ARGUMENT, tableArgument } from '../arguments/table-argument.ts';
import { readAsking } from '../ask-encoding.ts';
import { callTool } from '../call-tool.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { listenForStop } from '../signals.ts';
import { createReadingView } from '../terminal/reading-view.ts';
import { cellText, oneLine } from '../terminal/safe-text.ts';
import { layOutTable } from '../terminal/terminal-table.ts';

/** The part of the tool's output that this command shows. */
const analysis = z.object({
  uri: z.string(),
  format: z.object({
    name: z.string(),
    compression: z.enum(['none', 'gzip', 'zstd']),
    encoding: z.string().nullable(),
    encoding_confidence: z.number().nullable(),
    bom: z.boolean(),
    delimiter: z.string().nullable(),
  }),
  size_bytes: z.number().nullable(),
  row_count: z.number(),
  malformed_count: z.number(),
  column_count: z.number(),
  columns: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      nulls: z.number(),
      distinct_estimate: z.number(),
      min: z.string().optional(),
      max: z.string().optional(),
      min_length: z.number().optional(),
      max_length: z.number().optional(),
      samples: z.array(z.string()),
    }),
  ),
  columns_not_detailed: z.array(z.string()),
  suggested_reading: readingOptions.nullable(),
  sample_rows: z.array(z.record(z.string(), z.unknown())),
  warnings: z.array(z.object({ message: z.string(), line: z.number().nullable() })),
});

type Analysis = z.infer<typeof analysis>;

/** `rowmill analyze`: what is in a table, in one pass. */
export function addAnalyzeCommand(command: Command, context: CommandContext): void {
  command
    .argument('<table>', TABLE_ARGUMENT)
    .option(
      '--sample-rows <n>',
      'rows to show (default 5)',
      numberArgument('--sample-rows', { integer: true, min: 0, max: 20 }),
    );
  addReadingFlags(command);
  command
    .addHelpText('after', '\nReads the whole table once, in constant memory. Changes nothing and costs nothing.')
    .action((table: string, given: FlagValues & { sampleRows?: number }) =>
      context.run(async (output) => {
        const app = await context.app();
        const source = await tableArgument(table, app, { context, output });
        const stop = listenForStop(context.signals, {
          onFirst: () => output.note('Stopping.'),
          onSecond: () => undefined,
        });
        try {
          const reading = readingFlagsOf(given);
          const view = createReadingView(context.io);
          const analyse = (named: FlagValues) => {
            const read = { ...reading, ...named };
            const input = {
              csv_uri: source.uri,
              ...(Object.keys(read).length > 0 && { reading: read }),
              ...(given.sampleRows !== undefined && { sample_rows: given.sampleRows }),
            };
            const call = { name: 'analyze_csv_structure', input, ...(!output.json && { onProgress: view.update }) };
            return callTool(app, call, stop.signal).finally(view.stop);
          };
          const asking = { context, output, mayAsk: table !== STREAM && canAsk(context, output) };
          const { found, named } = await readAsking(analyse, asking);
          output.document(found);
          if (!output.json) {
            const shown = analysis.parse(found);
            show(shown, output);
            showSuggestion(table, { ...shown, suggested_reading: shown.suggested_reading ?? named }, output);
          }
          return EXIT.completed;
        } finally {
          stop.close();
          await source.release();
        }
      }),
    );
}

function show(found: Analysis, output: Output): void {
  const { paint } = output;
  output.line(paint('bold', oneLine(found.uri)));
  output.line(paint('dim', factsOf(found).join(' · ')));
  output.line();
  const rows = found.columns.map((column) => [
    oneLine(column.name),
    column.type,
    count(column.nulls),
    `${column.distinct_estimate > 1000 ? '~' : ''}${count(column.distinct_estimate)}`,
    rangeOf(column),
    column.samples.map(oneLine).join(' │ '),
  ]);
  const layout = { width: output.width, paint };
  const lines = layOutTable(
    [
      { title: 'column', minWidth: 10, paint: (text) => paint('cyan', text) },
      { title: 'type', minWidth: 4 },
      { title: 'empty', align: 'right', minWidth: 5 },
      { title: 'distinct', align: 'right', minWidth: 8 },
      { title: 'range', minWidth: 10 },
      { title: 'samples', minWidth: 12, paint: (text) => paint('dim', text) },
    ],
    rows,
    layout,
  );
  for (const line of lines) output.line(line);
  if (found.columns_not_detailed.length > 0) {
    output.line(`and ${counted(found.columns_not_detailed.length, 'more column')}`);
  }
  showRows(found, output);
  for (const warning of found.warnings)
    output.line(paint('yellow', `! ${oneLine(inFlags(warning.message))}${lineOf(warning)}`));
}

const COMPRESSIONS = { none: '', gzip: ', gzipped', zstd: ', zstd' };

/** The command that reads the table as its warnings advise. */
function showSuggestion(table: string, { suggested_reading: reading }: Analysis, output: Output): void {
  if (reading === null) return;
  const words = [shellWord(table), ...readingArguments(reading).map(shellWord)].join(' ');
  output.line();
  output.line(`To read it so:  rowmill analyze ${words}`);
  output.line(`Then:           rowmill run ${words} --agent NAME`);
}

function factsOf({ format, ...found }: Analysis): string[] {
  const delimiter = { '\t': 'tab', ',': 'comma', ';': 'semicolon', '|': 'bar' }[format.delimiter ?? ''];
  return [
    counted(found.row_count, 'row'),
    counted(found.column_count, 'column'),
    `${format.name}${COMPRESSIONS[format.compression]}`,
    ...(format.encoding === null
      ? []
      : [`${format.encoding}${format.bom ? ' with BOM' : ''}${sureness(format.encoding_confidence)}`]),
    ...(format.delimiter === null ? [] : [`delimiter ${delimiter ?? cellText(format.delimiter)}`]),
    ...(found.size_bytes === null ? [] : [bytes(found.size_bytes)]),
    ...(found.malformed_count === 0 ? [] : [`${counted(found.malformed_count, 'unreadable row')}`]),
  ];
}

function sureness(confidence: number | null): string {
  return confidence === null ? '' : `, ${Math.min(99, Math.floor(confidence * 100))} % sure`;
}

function rangeOf(column: Analysis['columns'][number]): string {
  if (column.min !== undefined && column.max !== undefined) return oneLine(`${column.min} … ${column.max}`);
  if (column.min_length === undefined || column.max_length === undefined) return '';
  const { min_length: least, max_length: most } = column;
  return least === most ? `${least} characters` : `${least}–${most} characters`;
}

function showRows(found: Analysis, output: Output): void {
  if (found.sample_rows.length === 0) return;
  const names = found.columns.map((column) => column.name);
  const cells = found.sample_rows.map((row) => names.map((name) => cellText(row[name])));
  output.line();
  const columns = names.map((name) => ({ title: oneLine(name), minWidth: 8 }));
  for (const line of layOutTable(columns, cells, { width: output.width, paint: output.paint })) output.line(line);
}

/** The line of a warning, unless its message already names lines. */
function lineOf({ line, message }: Analysis['warnings'][number]): string {
  return line === null || message.includes('line') ? '' : ` (line ${line})`;
}
