import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { describeZodError } from '../../../base/schema/schema.ts';
import { type DraftReport, draftedRequest } from '../../../runner/contract/service/draft.ts';
import { limitOption } from '../../arguments/limit-option.ts';
import { listByDefault } from '../../arguments/list-by-default.ts';
import { jsonFile } from '../../arguments/text-file.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { layOutTable } from '../../terminal/terminal-table.ts';

interface ListArguments {
  limit?: number;
  before?: string;
}

interface Face {
  context: CommandContext;
  output: Output;
}

/** `rowmill drafts …`: batch requests in the making, which the workbench opens. */
export function addDraftsCommands(drafts: Command, context: CommandContext): void {
  drafts.helpCommand(false);
  newCommand(drafts, 'list', 'List drafts, newest first')
    .addOption(limitOption())
    .option('--before <draft>', 'only drafts older than this one, for the next page')
    .action((given: ListArguments) => context.run((output) => listDrafts(given, { context, output })));
  newCommand(drafts, 'show', 'Show a draft with its request')
    .argument('<draft>', 'the id of a draft')
    .action((id: string) =>
      context.run(async (output) => {
        const draft = await (await context.app()).drafts.show(id);
        showDraft(draft, output);
        output.line(JSON.stringify(draft.request, null, 2));
        return EXIT.completed;
      }),
    );
  newCommand(drafts, 'add', 'Keep a batch request in the making')
    .argument('<file>', 'a request as POST /v1/batches takes it, or a part of one, JSON')
    .option('--name <name>', 'a name to show')
    .action((file: string, { name }: { name?: string }) =>
      context.run(async (output) => {
        const request = await requestOf(file);
        return showDraft(await (await context.app()).drafts.create({ name: name ?? null, request }), output);
      }),
    );
  newCommand(drafts, 'set', 'Change a draft; what is not given stays')
    .argument('<draft>', 'the id of a draft')
    .argument('[file]', 'its new request, as "drafts add" takes it')
    .option('--name <name>', 'its new name')
    .action((id: string, file: string | undefined, { name }: { name?: string }) =>
      context.run(async (output) => {
        if (file === undefined && name === undefined)
          throw new AppError('invalid_arguments', 'Nothing is changed: give a file, or --name.');
        const own = file === undefined ? undefined : await requestOf(file);
        const { drafts: kept } = await context.app();
        const { name: title, request, revision } = await kept.show(id);
        return showDraft(await kept.change(id, { name: name ?? title, request: own ?? request, revision }), output);
      }),
    );
  newCommand(drafts, 'delete', 'Delete a draft')
    .argument('<draft>', 'the id of a draft')
    .action((id: string) =>
      context.run(async (output) => {
        await (await context.app()).drafts.remove(id);
        output.document({ draft_id: id, deleted: true });
        output.line(`The draft ${oneLine(id)} is deleted.`);
        return EXIT.completed;
      }),
    );
  listByDefault(drafts, context, (output) => listDrafts({}, { context, output }));
}

/** @throws AppError `file_not_found`, `invalid_arguments` */
async function requestOf(file: string): Promise<object> {
  const parsed = draftedRequest.safeParse(await jsonFile(file));
  if (parsed.success) return parsed.data;
  throw new AppError('invalid_arguments', `${file}: ${describeZodError(parsed.error).join('\n')}.`);
}

function showDraft(draft: DraftReport, output: Output): number {
  output.document(draft);
  output.line(lineOf(draft));
  return EXIT.completed;
}

async function listDrafts({ limit = 20, before }: ListArguments, { context, output }: Face): Promise<number> {
  const { drafts } = await context.app();
  const found = await drafts.list({ limit, before });
  output.document({ drafts: found });
  if (found.length === 0) {
    output.line('There are no drafts. The workbench of "rowmill serve" keeps them.');
    return EXIT.completed;
  }
  const columns = [
    { title: 'draft', minWidth: 'whole' as const, paint: (text: string) => output.paint('cyan', text) },
    { title: 'name', minWidth: 8 },
    { title: 'table', minWidth: 8 },
    { title: 'changed (UTC)', minWidth: 'whole' as const },
  ];
  const rows = found.map((draft) => [
    ...[draft.draft_id, oneLine(draft.name ?? ''), oneLine(tableOf(draft))],
    draft.updated_at.slice(0, 16).replace('T', ' '),
  ]);
  for (const text of layOutTable(columns, rows, output)) output.line(text);
  return EXIT.completed;
}

function lineOf({ draft_id: id, name, revision, updated_at: at }: DraftReport): string {
  const title = name === null ? '' : ` "${oneLine(name)}"`;
  return `${id}${title}, revision ${revision}, changed ${at.slice(0, 16).replace('T', ' ')} (UTC)`;
}

function tableOf({ request }: DraftReport): string {
  const { csv_uri: uri } = request;
  return typeof uri === 'string' ? uri : '';
}
