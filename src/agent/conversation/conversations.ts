import { isoTime } from '../../base/clock.ts';
import { AppError, toAppError } from '../../base/errors.ts';
import { addUsage, type Message, NO_USAGE, type Usage } from '../../protocol/messages.ts';
import type { RunOutcome } from '../../protocol/run.ts';
import type { ConversationEvent, Conversations } from './conversation.ts';
import { alwaysSpeaking, conversationEvents, eventsOf, halfCharacter } from './conversation-events.ts';
import type { ConversationAgent, ConversationParts, StoredConversation } from './conversation-parts.ts';
import { closedRun, requestMessages, withoutOpaque } from './conversation-transcript.ts';
import { createTurnCosts } from './turn-costs.ts';

/** Age after which a run of another host counts as dead: it cannot be checked. Runs are bounded by `limits.timeout_s`. */
const FOREIGN_RUN_MS = 15 * 60_000;

/** The speaker of conversations that were begun without a key. */
const LOCAL = 'local';

/** One message of a person while it is processed. */
interface Send {
  parts: ConversationParts;
  id: string;
  /** `isOther`: it is another version than the one that wrote the stored messages. */
  opened: ConversationAgent & { isOther: boolean };
  /** The key's caller who sends it; undefined without a key. */
  speaker: string | undefined;
  signal: AbortSignal;
  emit: (event: ConversationEvent) => void;
  /** Whether half a character in the message was replaced. */
  isRepaired: boolean;
  /** The messages before, of a conversation that starts with a history. */
  given: readonly Message[];
  isRepeat: boolean;
}

/** A run of a conversation. */
interface Turn {
  run: string;
  /** The number of the person's message that it answers, for what may happen only after a later one. */
  number: number;
}

/** The state of a conversation: every stored message, and the usage of this request. */
interface Progress {
  messages: Message[];
  usage: Usage;
  costUsd: number | null;
  stopReason: string;
}

/**
 * Makes the conversations. A message of a person is stored before the model is called, and `openRun` names its run. The
 * messages that the run appended are stored when it ends, also when it fails.
 *
 * Crash windows: before the message is stored, nothing exists. After that, and before the first answer, the message
 * stays and the next one is joined to it: nothing was paid. Later, the next message first replays that run from its
 * journal under the same run id, so answered calls are not paid again, and finishes it.
 */
export function createConversations(parts: ConversationParts): Conversations {
  const busy = new Set<string>();
  return {
    send: ({ conversationId, message: given, before = [], isRepeat = false, speaker, signal }) =>
      eventsOf(signal, async (emit, turnSignal) => {
        try {
          const message = given.toWellFormed();
          if (message.trim() === '') throw new AppError('invalid_arguments', 'The message is empty. Write a message.');
          const id = conversationId ?? parts.newId();
          // Before anything else, so that nobody learns of a conversation of another key.
          if (conversationId !== undefined) await find(parts, id, speaker);
          if (busy.has(id)) throw busyError(id);
          busy.add(id);
          try {
            const stored = conversationId === undefined ? undefined : await find(parts, id, speaker);
            const said = [...messagesOfPerson(stored?.messages ?? before), message];
            const opened = await openFor({ ...parts, open: (label) => parts.open(label, speaker, said) }, stored);
            const isRepaired = message !== given;
            await answer(
              { parts, id, opened, speaker, signal: turnSignal, emit, isRepaired, isRepeat, given: before },
              stored,
              message,
            );
          } finally {
            busy.delete(id);
          }
        } catch (thrown) {
          const error = toAppError(thrown);
          if (error.code === 'internal') parts.log.error({ err: error, conversationId }, 'chat turn failed');
          emit({ type: 'error', code: error.code, message: error.message });
        }
      }),
    list: (options) => parts.store.listConversations(options),
    async read(id, speaker) {
      const stored = await find(parts, id, speaker);
      const { agent, createdAt, updatedAt, messages } = stored;
      return {
        ...{ id, agent, created_at: isoTime(createdAt), updated_at: isoTime(updatedAt), messages },
        answering: busy.has(id) || isAnsweredElsewhere(parts, stored),
        cost_usd: await costOf(parts, stored),
      };
    },
  };
}

/** The texts that the person wrote; the results of tools, which are also messages of the user, are lists of blocks. */
function messagesOfPerson(messages: readonly Message[]): string[] {
  return messages.flatMap(({ role, content }) => (role === 'user' && typeof content === 'string' ? [content] : []));
}

/**
 * The position of the last message of the person, or of the first one where the same text was sent several times in
 * succession: a repeated request is no later message. A repeat that was interrupted can't be distinguished from a person
 * who wrote the same twice; both count as repeats there.
 */
function firstOfRepeats(messages: readonly Message[]): number {
  const own = messages.flatMap(({ role, content }, position) =>
    role === 'user' && typeof content === 'string' ? [{ content, position }] : [],
  );
  const last = own.at(-1);
  const other = own.findLastIndex(({ content }) => content !== last?.content);
  return own[other + 1]?.position ?? messages.length - 1;
}

/** A conversation keeps its agent's version. If that version no longer exists (after an upgrade), the newest continues. */
async function openFor(
  parts: Pick<ConversationParts, 'log'> & { open(label: string | null): Promise<ConversationAgent> },
  stored: StoredConversation | undefined,
): Promise<Send['opened']> {
  if (stored === undefined) return { ...(await parts.open(null)), isOther: false };
  try {
    return { ...(await parts.open(stored.agent)), isOther: false };
  } catch (thrown) {
    const [name = stored.agent, version] = stored.agent.split('@');
    if (version === undefined || toAppError(thrown).code !== 'agent_not_found') throw thrown;
    const opened = await parts.open(name);
    parts.log.warn({ conversationId: stored.id, agent: stored.agent, instead: opened.label }, 'agent version is gone');
    return { ...opened, isOther: true };
  }
}

async function answer(send: Send, stored: StoredConversation | undefined, text: string): Promise<void> {
  const { parts, id, opened, emit } = send;
  const openRun = stored?.openRun ?? null;
  if (stored !== undefined) refuseWhereAlive(parts, stored);
  const { label: agent, model, standIn } = opened;
  emit({ type: 'conversation', conversation_id: id, agent, model, stand_in: standIn });
  if (send.isRepaired) emit(halfCharacter('Your message'));
  const before = await settle(send, stored?.messages ?? [...send.given], openRun);
  send.signal.throwIfAborted();

  const run = runAt(id, before.messages.length);
  const said: Message = { role: 'user', content: text };
  await store(send, stored === undefined, { before: before.messages, said, run });
  const messages = [...before.messages, said];
  const number = send.isRepeat ? firstOfRepeats(messages) : before.messages.length;
  const after = await finishRun(send, { run, number }, { ...before, messages });
  emit({
    type: 'done',
    conversation_id: id,
    stop_reason: after.stopReason,
    usage: after.usage,
    cost_usd: after.costUsd,
  });
}

/** Finishes a run that its process left open; a run without any answer is skipped. */
async function settle(send: Send, messages: Message[], openRun: string | null): Promise<Progress> {
  const progress: Progress = { messages, usage: NO_USAGE, costUsd: 0, stopReason: 'end_turn' };
  if (openRun === null) return progress;
  const { run } = parseOpenRun(openRun);
  const { answers } = await send.parts.readRun(run);
  if (answers === 0) return progress;
  send.parts.log.info({ run, answers }, 'finishing an interrupted chat turn');
  const { outcome, after } = await playRun(send, { run, number: firstOfRepeats(messages) }, progress);
  if (outcome.status === 'failed') {
    send.parts.log.warn({ run, code: outcome.error.code }, 'an interrupted chat turn could not be finished');
  }
  return after;
}

async function store(
  { parts, id, opened, speaker = LOCAL }: Send,
  isNew: boolean,
  { before, said, run }: { before: Message[]; said: Message; run: string },
): Promise<void> {
  const at = parts.now();
  const openRun = `${run} ${parts.owner}`;
  if (isNew) {
    const agent = opened.label;
    await parts.store.insertConversation({
      id,
      agent,
      createdAt: at,
      updatedAt: at,
      messages: [...before, said],
      speaker,
      openRun,
    });
  } else {
    await parts.store.appendMessages(id, { expectedCount: before.length, messages: [said], openRun, at });
  }
}

async function finishRun(send: Send, turn: Turn, progress: Progress): Promise<Progress> {
  const { outcome, after } = await playRun(send, turn, progress);
  if (outcome.status === 'failed') throw outcome.error;
  return after;
}

/** Runs (or replays) one run on the messages so far, and stores what it appended, also when it failed. */
async function playRun(
  { parts, id, opened, signal, emit }: Send,
  { run, number }: Turn,
  progress: Progress,
): Promise<{ outcome: RunOutcome; after: Progress }> {
  const { callModel, callTool } = opened.hooksFor(run);
  const costs = createTurnCosts(callModel, () => parts.readRun(run));
  const transcript = opened.isOther ? withoutOpaque(progress.messages) : progress.messages;
  const outcome = await opened.agent.run(requestMessages(transcript), {
    runId: run,
    said: { conversation: id, number },
    callModel: alwaysSpeaking(costs.callModel),
    callTool,
    signal,
    stream: true,
    emit: (event) => {
      for (const chatEvent of conversationEvents(event, costs)) emit(chatEvent);
    },
  });
  const appended = closedRun(outcome.messages);
  const expectedCount = progress.messages.length;
  await parts.store.appendMessages(id, { expectedCount, messages: appended, openRun: null, at: parts.now() });
  const { costUsd } = await parts.readRun(run);
  parts.log.debug({ run, status: outcome.status, turns: outcome.turns }, 'chat turn ended');
  const after: Progress = {
    messages: [...progress.messages, ...appended],
    usage: addUsage(progress.usage, outcome.usage),
    costUsd: progress.costUsd === null || costUsd === null ? null : progress.costUsd + costUsd,
    stopReason: outcome.status === 'ended' ? outcome.stopReason : 'end_turn',
  };
  return { outcome, after };
}

/** An open run of this process that is not running is one whose end could not be stored: it is replayed. */
function refuseWhereAlive(parts: ConversationParts, stored: StoredConversation): void {
  if (isAnsweredElsewhere(parts, stored)) throw busyError(stored.id);
}

function isAnsweredElsewhere(parts: ConversationParts, { openRun, updatedAt }: StoredConversation): boolean {
  if (openRun === null) return false;
  const { owner } = parseOpenRun(openRun);
  if (owner === '' || owner === parts.owner) return false;
  const isAlive = parts.isAlive(owner);
  return isAlive === true || (isAlive === 'unknown' && parts.now() - updatedAt < FOREIGN_RUN_MS);
}

/** What the answers to the messages of the person have cost. */
async function costOf(parts: ConversationParts, { id, messages }: StoredConversation): Promise<number | null> {
  const runs = messages.flatMap(({ role, content }, position) =>
    role === 'user' && typeof content === 'string' ? [runAt(id, position)] : [],
  );
  const bills = await Promise.all(runs.map((run) => parts.readRun(run)));
  return bills.reduce<number | null>(
    (sum, { costUsd }) => (sum === null || costUsd === null ? null : sum + costUsd),
    0,
  );
}

/** The run's number is the position of the person's message: unique, whatever failed in between. */
function runAt(id: string, position: number): string {
  return `${id}:${position}`;
}

function parseOpenRun(openRun: string): { run: string; owner: string } {
  const space = openRun.indexOf(' ');
  return space < 0 ? { run: openRun, owner: '' } : { run: openRun.slice(0, space), owner: openRun.slice(space + 1) };
}

function busyError(id: string): AppError {
  const message = `The conversation ${id} is still answering an earlier message. Wait until it is done, then send again.`;
  return new AppError('conversation_busy', message, { retryable: true });
}

async function find(parts: ConversationParts, id: string, speaker: string | undefined): Promise<StoredConversation> {
  const stored = await parts.store.readConversation(id);
  if (stored !== undefined && belongsTo(stored, speaker)) return stored;
  const fix = 'Leave out the conversation id to start a new one.';
  throw new AppError('conversation_not_found', `There is no conversation "${id}". ${fix}`);
}

/** A conversation belongs to the key that began it. The person at the machine, who needs no key, has them all. */
function belongsTo(stored: StoredConversation, speaker: string | undefined): boolean {
  return speaker === undefined || stored.speaker === null || stored.speaker === speaker;
}
