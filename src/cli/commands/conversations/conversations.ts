import type { Command } from 'commander';
import type { ReadConversation } from '../../../agent/conversation/conversation.ts';
import { conversationReportOf } from '../../../agent/conversation/conversation-report.ts';
import { dollars } from '../../../base/figures.ts';
import type { App } from '../../app.ts';
import { limitOption } from '../../arguments/limit-option.ts';
import { listByDefault } from '../../arguments/list-by-default.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { manyLines, oneLine } from '../../terminal/safe-text.ts';
import { layOutTable } from '../../terminal/terminal-table.ts';
import { wrapText } from '../../terminal/word-wrap.ts';

interface ListArguments {
  limit?: number;
  before?: string;
}

interface Face {
  context: CommandContext;
  output: Output;
}

/** `rowmill conversations …`: what was said to the orchestrator. */
export function addConversationsCommands(conversations: Command, context: CommandContext): void {
  conversations.helpCommand(false).addHelpText('after', HELP);
  newCommand(conversations, 'list', 'List conversations, the last used first')
    .addOption(limitOption())
    .option('--before <conversation>', 'only conversations that were used before this one, for the next page')
    .action((given: ListArguments) => context.run((output) => listConversations(given, { context, output })));
  newCommand(conversations, 'show', 'Show the messages and tool calls of a conversation')
    .argument('<conversation>', 'the id of a conversation')
    .action((id: string) =>
      context.run(async (output) => {
        const read = await (await context.app()).conversations.read(id);
        output.document(read);
        show(read, output);
        return EXIT.completed;
      }),
    );
  listByDefault(conversations, context, (output) => listConversations({}, { context, output }));
}

const HELP = `
Without a command, conversations are listed. To continue one:
  rowmill chat --conversation conv_…`;

async function listConversations({ limit = 20, before }: ListArguments, { context, output }: Face): Promise<number> {
  const { conversations } = await context.app();
  const page = { limit, ...(before !== undefined && { before: await placeOf(before, conversations) }) };
  const found = (await conversations.list(page)).map(conversationReportOf);
  output.document({ conversations: found });
  if (found.length === 0) {
    output.line('There are no conversations. "rowmill chat" starts one.');
    return EXIT.completed;
  }
  const columns = [
    { title: 'conversation', minWidth: 'whole' as const, paint: (text: string) => output.paint('cyan', text) },
    { title: 'last used (UTC)', minWidth: 'whole' as const },
    { title: 'messages', align: 'right' as const, minWidth: 'whole' as const },
    { title: 'began with', minWidth: 10 },
  ];
  const rows = found.map(({ id, updated_at: at, message_count: messages, first_message: first }) => [
    ...[id, at.slice(0, 16).replace('T', ' '), String(messages), oneLine(first ?? '')],
  ]);
  for (const text of layOutTable(columns, rows, output)) output.line(text);
  return EXIT.completed;
}

async function placeOf(id: string, conversations: App['conversations']) {
  const { updated_at: at } = await conversations.read(id);
  return { id, updatedAt: Date.parse(at) };
}

function show({ id, messages, answering, cost_usd: cost }: ReadConversation, output: Output): void {
  for (const { role, content } of messages) {
    const said = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content;
    for (const part of said) {
      if (part.type === 'text') {
        const mark = role === 'user' ? output.paint('bold', '› ') : '';
        for (const text of manyLines(`${mark}${part.text}`).split('\n'))
          for (const line of wrapText(text, output.textWidth)) output.line(line);
      } else if (part.type === 'tool_use') output.line(output.paint('dim', `  ${oneLine(part.name)}`));
    }
  }
  if (answering) output.line('(being answered)');
  output.note(`Cost: ${dollars(cost)}. Continue with: rowmill chat --conversation ${id}`);
}
