import { type Command, Option } from 'commander';
import { AUDITED } from '../../access/audit.ts';
import { auditReportOf } from '../../access/audit-report.ts';
import { limitOption } from '../arguments/limit-option.ts';
import { numberArgument } from '../arguments/mapping-arguments.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../terminal/safe-text.ts';
import { layOutTable } from '../terminal/terminal-table.ts';

interface AuditArguments {
  action?: string;
  caller?: string;
  limit?: number;
  before?: number;
}

/** `rowmill audit`: who started, changed and deleted what, the newest first. */
export function addAuditCommand(command: Command, context: CommandContext): void {
  command
    .addOption(new Option('--action <action>', 'only entries of this action').choices(AUDITED))
    .option('--caller <id>', 'only entries of this caller: the id of a key, or local')
    .addOption(limitOption())
    .option(
      '--before <entry>',
      'only entries older than this one, for the next page',
      numberArgument('--before', { integer: true, min: 1 }),
    )
    .action((given: AuditArguments) => context.run((output) => showAudit(given, { context, output })));
}

async function showAudit(
  { action, caller, limit = 20, before }: AuditArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const { auditLog } = await context.app();
  const found = (await auditLog.readAudit({ limit, before, action, callerId: caller })).map(auditReportOf);
  output.document({ entries: found });
  if (found.length === 0) {
    output.line('There are no such entries.');
    return EXIT.completed;
  }
  const columns = [
    { title: 'entry', align: 'right' as const, minWidth: 'whole' as const },
    { title: 'at (UTC)', minWidth: 'whole' as const },
    { title: 'who', minWidth: 5 },
    { title: 'action', minWidth: 'whole' as const, paint: (text: string) => output.paint('cyan', text) },
    { title: 'subject', minWidth: 'whole' as const },
    { title: 'outcome', minWidth: 7 },
    { title: 'face', minWidth: 'whole' as const },
  ];
  const rows = found.map(({ id, at, caller_name: who, face, action: act, subject, outcome, code }) => [
    ...[String(id), at.slice(0, 16).replace('T', ' '), oneLine(who), act, oneLine(subject ?? '')],
    ...[code ?? outcome, face],
  ]);
  for (const text of layOutTable(columns, rows, output)) output.line(text);
  return EXIT.completed;
}
