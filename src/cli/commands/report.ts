import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../base/errors.ts';
import { writeReport } from '../../monitoring/report/write-report.ts';
import { REPORT_FORMATS, type ReportQuery, reportQuery } from '../../runner/contract/service/service-report.ts';
import { parsePeriod } from '../arguments/parse-period.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../terminal/safe-text.ts';

interface ReportArguments extends Partial<ReportQuery> {
  out?: string;
  overwrite?: boolean;
}

/** `rowmill report`: what the service did in a period, as a document. */
export function addReportCommand(command: Command, context: CommandContext): void {
  command
    .option('--from <time>', 'the start: a day in UTC or an ISO 8601 time (default: 30 days before the end)')
    .option('--to <time>', 'the end, which is not in the period (default: now)')
    .option('--format <format>', `${REPORT_FORMATS.join(', ')} (default markdown, or by the extension of --out)`)
    .option('-o, --out <file>', 'write the report to this file instead of stdout')
    .option('--overwrite', 'replace an existing file')
    .action((given: ReportArguments) => context.run((output) => report(given, { context, output })));
}

async function report(
  { out, overwrite = false, ...given }: ReportArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const { from, to } = given;
  const format = given.format ?? formatOf(out);
  const { format: chosen, ...period } = parsePeriod(reportQuery, { from, to, format });
  const { monitoring } = await context.app();
  const read = await monitoring.report(period);
  if (out === undefined) {
    output.document(read);
    output.line(writeReport(read, chosen).trimEnd());
    return EXIT.completed;
  }
  const path = resolve(context.io.cwd, out);
  await writeFile(path, writeReport(read, chosen), { flag: overwrite ? 'w' : 'wx' }).catch(
    (thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'EEXIST')
        throw new AppError('output_exists', `${path} exists. Choose another --out, or add --overwrite.`);
      throw new AppError(
        'location_unavailable',
        `The report can not be written to ${path}: ${thrown.code ?? 'unknown'}.`,
      );
    },
  );
  output.document({ path, format: chosen });
  output.line(oneLine(path));
  return EXIT.completed;
}

function formatOf(out: string | undefined): string {
  if (out?.endsWith('.html') === true) return 'html';
  return out?.endsWith('.json') === true ? 'json' : 'markdown';
}
