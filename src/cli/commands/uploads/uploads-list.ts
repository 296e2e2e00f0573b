import type { Command } from 'commander';
import { bytes, counted } from '../../../base/figures.ts';
import { reportUpload } from '../../../uploads/upload-report.ts';
import type { Upload } from '../../../uploads/uploads.ts';
import { numberArgument } from '../../arguments/mapping-arguments.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { layOutTable } from '../../terminal/terminal-table.ts';

interface ListArguments {
  limit?: number;
  before?: string;
}

/** `rowmill uploads list`: newest first. */
export function addUploadsListCommand(uploads: Command, context: CommandContext): void {
  newCommand(uploads, 'list', 'List uploads, newest first')
    .option(
      '--limit <n>',
      'how many uploads (default 20)',
      numberArgument('--limit', { integer: true, min: 1, max: 1000 }),
    )
    .option('--before <upload>', 'only uploads older than this one, for the next page')
    .action((given: ListArguments) => context.run((output) => listUploads(given, { context, output })));
}

/** What "uploads list" does, also where no command of "uploads" is named. */
export async function listUploads(
  { limit = 20, before }: ListArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const { uploads } = await context.app();
  const found = await uploads.list({ limit, ...(before !== undefined && { before }) });
  output.document({ uploads: found.map(reportUpload) });
  if (found.length === 0)
    output.line('There are no uploads. "rowmill uploads add FILE" makes one, and so do clients of "rowmill serve".');
  else showUploads(found, output);
  return EXIT.completed;
}

function showUploads(found: Upload[], { paint, width, line }: Output): void {
  const columns = [
    { title: 'upload', minWidth: 'whole' as const, paint: (text: string) => paint('cyan', text) },
    { title: 'name', minWidth: 8 },
    { title: 'size', align: 'right' as const, minWidth: 'whole' as const },
    { title: 'owner', minWidth: 5 },
    { title: 'created (UTC)', minWidth: 16 },
    { title: 'expires (UTC)', minWidth: 10 },
  ];
  const minute = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  const rows = found.map((upload) => [
    upload.uri,
    oneLine(upload.name),
    upload.completedAt === null ? `${bytes(upload.offset)} of ${bytes(upload.bytes)}` : bytes(upload.bytes),
    oneLine(upload.owner),
    minute(upload.createdAt),
    minute(upload.expiresAt).slice(0, 10),
  ]);
  for (const text of layOutTable(columns, rows, { width, paint })) line(text);
  line(counted(found.length, 'upload'));
}
