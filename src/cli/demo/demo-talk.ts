import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { ConversationEvent } from '../../agent/conversation/conversation.ts';
import type { Json } from '../../protocol/messages.ts';
import type { App } from '../app.ts';
import type { Output } from '../command-context.ts';
import type { Io } from '../io.ts';
import { createConversationView } from '../terminal/conversation-view.ts';
import { createProgressView } from '../terminal/progress.ts';
import type { DemoStage } from './demo-stage.ts';

/** Delay between two words of an answer on a terminal: a script answers instantly, too fast to read. */
const WORD_MS = 22;
const started = z.looseObject({ batch_id: z.string().nullable() });

/** The outcome of the demo's conversation. */
export interface DemoTalk {
  batchId: string | null;
  error: { code: string; message: string } | null;
}

/** The messages of the demo's user. */
function linesOf(stage: DemoStage): string[] {
  return [
    `What is in “${stage.table}”?`,
    'Could you find out which broadband each of them can get?',
    `Yes, please, and put the table into “${stage.out}”.`,
  ];
}

/** Plays and prints the conversation, with a progress bar while the orchestrator watches the batch. */
export async function playDemo(
  app: App,
  stage: DemoStage,
  { io, output, signal }: { io: Io; output: Output; signal: AbortSignal },
): Promise<DemoTalk> {
  const talk: DemoTalk = { batchId: null, error: null };
  let conversationId: string | undefined;
  for (const message of linesOf(stage)) {
    output.line(`${output.paint('bold', 'You')}  ${message}`);
    const view = createConversationView(io, output.json);
    const watch = createWatch(app, io, output.json);
    const events = app.conversations.send({ message, signal, ...(conversationId !== undefined && { conversationId }) });
    for await (const event of events) {
      await pace(event, io, output.json);
      if (event.type === 'tool-call-end') await watch.stop();
      view.show(event);
      if (event.type === 'conversation') conversationId = event.conversation_id;
      if (event.type === 'tool-call-end' && event.name === 'execute_batch_processor') {
        talk.batchId = batchIdOf(event.content) ?? talk.batchId;
      }
      if (event.type === 'tool-call-start' && event.name === 'monitor_batch_execution' && talk.batchId !== null) {
        watch.start(talk.batchId);
      }
      if (event.type === 'error') talk.error = { code: event.code, message: event.message };
    }
    await watch.stop();
    output.line();
    if (talk.error !== null || signal.aborted) break;
  }
  return talk;
}

async function pace(event: ConversationEvent, io: Io, quiet: boolean): Promise<void> {
  if (event.type === 'text-delta' && io.isTTY.stdout && !quiet) await sleep(WORD_MS);
}

function batchIdOf(content: Json): string | null {
  const value: unknown = typeof content === 'string' ? JSON.parse(content) : content;
  const parsed = started.safeParse(value);
  return parsed.success ? parsed.data.batch_id : null;
}

/** Shows a batch's progress during the conversation. */
function createWatch(app: App, io: Io, quiet: boolean) {
  let over = new AbortController();
  let watching: Promise<void> = Promise.resolve();
  const watch = async (batchId: string, signal: AbortSignal) => {
    const progress = createProgressView(io);
    for await (const report of app.runner.watch(batchId, signal)) progress.update(report);
    progress.stop();
  };
  return {
    start: (batchId: string) => {
      if (quiet) return;
      over = new AbortController();
      watching = watch(batchId, over.signal);
    },
    stop: async () => {
      over.abort();
      await watching;
    },
  };
}
