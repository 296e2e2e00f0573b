import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import type { App } from '../app.ts';
import { chatCommand, openingLines } from '../chat-commands.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { EXIT, exitCodeOfError } from '../exit-codes.ts';
import { listenForStop } from '../signals.ts';
import { type Answer, createConversationView } from '../terminal/conversation-view.ts';
import { missingLines } from '../terminal/missing-text.ts';
import { promptLine } from '../terminal/prompt-line.ts';
import { oneLine } from '../terminal/safe-text.ts';
import { wrapText } from '../terminal/word-wrap.ts';

/** `rowmill chat`: the orchestrator in the terminal; from a pipe, one message per line. */
export function addChatCommand(command: Command, context: CommandContext): void {
  command
    .option('-C, --conversation <id>', 'continue an earlier conversation')
    .addHelpText('after', HELP)
    .action((given: { conversation?: string }) =>
      context.run(async (output) => {
        const app = await context.app({ drives: true });
        // A conversation that does not exist is reported before the person types anything.
        if (given.conversation !== undefined) await app.conversations.read(given.conversation);
        for (const line of missingLines(await app.missingSettings())) output.note(line);
        const handOver = superviseMeanwhile(app, { context, output });
        try {
          return await converse(app, given.conversation, { context, output });
        } finally {
          await handOver();
        }
      }),
    );
}

const HELP = `
/quit or Ctrl-D ends the chat; Ctrl-C interrupts an answer. /help lists the commands.
Commands cost nothing: no model is called.
Batches continue after you leave.

Examples:
  rowmill chat
  echo "What is in addresses.csv?" | rowmill chat`;

/**
 * Drives batches in this process during the chat. Returns a function that hands them to a detached runner: calls in
 * flight are finished first, unless a signal comes.
 */
function superviseMeanwhile(app: App, { context, output }: Talk): () => Promise<void> {
  const drain = new AbortController();
  const hard = new AbortController();
  const supervising = app
    .supervise({ signal: drain.signal, hardSignal: hard.signal, untilIdle: false })
    .catch((error: unknown) => app.log.error({ err: error }, 'batches are no longer driven here'));
  return async () => {
    const stop = listenForStop(context.signals, { onFirst: () => hard.abort(), onSecond: () => undefined });
    try {
      drain.abort();
      await supervising;
      const left = (await app.runner.lapsed()).length;
      if (left === 0) return;
      await app.ensureDetachedRunner();
      output.note(
        `${left === 1 ? 'A batch continues' : `${left} batches continue`} in the background; see "rowmill batches list".`,
      );
    } finally {
      stop.close();
    }
  };
}

interface Talk {
  context: CommandContext;
  output: Output;
}

async function converse(app: App, conversation: string | undefined, { context, output }: Talk): Promise<number> {
  const { io } = context;
  const isTalk = io.isTTY.stdin && io.isTTY.stdout && !output.json;
  const prompt = createInterface({ input: io.stdin, ...(isTalk && { output: io.stdout }), terminal: isTalk });
  const interruption = interruptions(context, prompt);
  const askNext = () => {
    prompt.prompt();
    io.notices?.setLastLine(promptLine(prompt, io.stdout));
  };
  const answers: (Answer & { message: string })[] = [];
  let conversationId = conversation;
  if (isTalk) {
    for (const line of await openingLines(app, context.io.cwd))
      for (const text of wrapText(line, output.textWidth)) output.line(output.paint('dim', text));
    prompt.setPrompt(output.paint('bold', '› '));
    askNext();
  }
  try {
    for await (const typed of prompt) {
      const message = typed.trim();
      const command = chatCommand(message);
      if (command === 'quit') break;
      if (command !== undefined) await command(app, output);
      else if (message !== '') {
        io.notices?.setLastLine(undefined);
        const signal = interruption.begin();
        const answer = await ask(app, { message, conversationId, signal }, { context, output });
        interruption.end();
        conversationId = answer.conversation_id ?? conversationId;
        answers.push({ message, ...answer });
        if (answer.error !== null && !isTalk && conversationId === undefined) break;
      }
      if (interruption.isOver()) break;
      if (isTalk) askNext();
    }
  } finally {
    io.notices?.setLastLine(undefined);
    interruption.close();
    prompt.close();
  }
  return leave(answers, { conversationId, interrupted: interruption.isOver(), output });
}

function leave(
  answers: (Answer & { message: string })[],
  { conversationId, interrupted, output }: { conversationId: string | undefined; interrupted: boolean; output: Output },
): number {
  const fault = answers.at(-1)?.error ?? null;
  output.document({ conversation_id: conversationId ?? null, turns: answers, ...(fault !== null && { error: fault }) });
  if (conversationId !== undefined) output.note(`Continue with: rowmill chat --conversation ${conversationId}`);
  if (interrupted) return EXIT.interrupted;
  return fault === null ? EXIT.completed : exitCodeOfError(fault.code as ErrorCode);
}

async function ask(
  app: App,
  sent: { message: string; conversationId: string | undefined; signal: AbortSignal },
  { context, output }: Talk,
): Promise<Answer> {
  const { io } = context;
  const view = createConversationView(io, output.json);
  if (!(io.isTTY.stdin && io.isTTY.stdout)) output.line(`${output.paint('bold', '›')} ${oneLine(sent.message)}`);
  const events = app.conversations.send({
    message: sent.message,
    signal: sent.signal,
    ...(sent.conversationId !== undefined && { conversationId: sent.conversationId }),
  });
  for await (const event of events) {
    view.show(event);
    if (event.type === 'error') {
      output.note(
        `${output.paint('red', 'rowmill:')} ${oneLine(event.message)} ${output.paint('dim', `(${event.code})`)}`,
      );
    }
    if (event.type === 'conversation' && event.stand_in !== null && sent.conversationId === undefined) {
      output.line(output.paint('yellow', `${oneLine(event.agent)} answers with a ${oneLine(event.stand_in)}.`));
    }
  }
  output.line();
  return view.answer();
}

/** Ctrl-C interrupts the current answer; between answers, it ends the conversation. */
function interruptions(context: CommandContext, prompt: ReturnType<typeof createInterface>) {
  let answer: AbortController | undefined;
  let over = false;
  const onSignal = () => {
    if (answer !== undefined && !answer.signal.aborted) {
      answer.abort(new AppError('aborted', 'The answer was interrupted.'));
      if (!context.io.isTTY.stdin) over = true;
      return;
    }
    over = true;
    prompt.close();
  };
  // In a terminal, readline catches Ctrl-C itself; all other signals arrive through `context.signals`.
  prompt.on('SIGINT', onSignal);
  const unsubscribe = context.signals(onSignal);
  return {
    begin: () => {
      answer = new AbortController();
      return answer.signal;
    },
    end: () => {
      answer = undefined;
    },
    isOver: () => over,
    close: unsubscribe,
  };
}
