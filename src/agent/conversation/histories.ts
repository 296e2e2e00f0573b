import { type ClientMessage, historyDigest, startingMessages } from './client-history.ts';
import type { ConversationEvent, Conversations } from './conversation.ts';
import { createSpokenText } from './spoken-text.ts';

/** The events of an answer as one text. */
export type HistoryEvent = Extract<ConversationEvent, { type: 'conversation' | 'text-delta' | 'done' | 'error' }>;

/** Conversations of clients that keep the history themselves and send it whole with each message. */
export interface Histories {
  /**
   * Answers the last message, which is the person's. Tool calls and warnings are lines of the text.
   * Contract: as `send` of conversations, it never rejects for a fault of the turn.
   * @param options.user whom the client says it speaks for; histories of different ones are never the same
   */
  answer(options: {
    messages: readonly ClientMessage[];
    user: string | undefined;
    speaker: string | undefined;
    signal: AbortSignal;
  }): AsyncIterable<HistoryEvent>;
}

/** The part of the store that histories use. */
interface HistoryStore {
  takeHistory(options: { history: string; next: string; speaker: string }): Promise<string | undefined>;
  keepHistory(id: string, options: { history: string; isOpen: boolean }): Promise<void>;
}

/** The dependencies of {@link createHistories}. */
export interface HistoriesParts {
  store: HistoryStore;
  conversations: Conversations;
  /** The id that the store has for speakers without a key. */
  local: string;
}

/**
 * Maps histories to stored conversations by their digest. A history that ends with an answer of ours continues the
 * conversation of that answer, with its tool results, and with the confirmation tokens that were issued in it. Each other
 * history (edited, answered again, stopped halfway) starts a new conversation from its texts. A token is bound to its
 * conversation, so it is good only where the client continues the very history in which it was issued.
 *
 * Crash window: while a message is answered, and after it failed, the history is the one that ends with this message. A
 * client that repeats the request continues there, so the calls that were answered are not paid again.
 */
export function createHistories(parts: HistoriesParts): Histories {
  const { store, local } = parts;
  return {
    async *answer({ messages, user, speaker, signal }) {
      const said = messages.at(-1)?.text ?? '';
      const before = messages.slice(0, -1);
      const asked = historyDigest(messages, user);
      const take = (history: string) => store.takeHistory({ history, next: asked, speaker: speaker ?? local });
      const hasAnswer = before.some(({ role }) => role === 'assistant');
      const continued = hasAnswer ? await take(historyDigest(before, user)) : undefined;
      const known = continued ?? (await take(asked));
      const isRepeat = continued === undefined;
      const answered = (text: string) => historyDigest([...messages, { role: 'assistant', text }], user);
      const turn = { message: said, speaker, signal };
      const fresh = { ...turn, before: startingMessages(before) };
      if (known !== undefined) {
        let isBusy = false;
        for await (const event of relay(parts, { ...turn, conversationId: known, isRepeat }, { asked, answered })) {
          isBusy = event.type === 'error' && event.code === 'conversation_busy';
          if (!isBusy) yield event;
        }
        if (!isBusy) return;
      }
      yield* relay(parts, fresh, { asked, answered });
    },
  };
}

async function* relay(
  { store, conversations }: HistoriesParts,
  turn: Parameters<Conversations['send']>[0],
  { asked, answered }: { asked: string; answered: (text: string) => string },
): AsyncGenerator<HistoryEvent, void, undefined> {
  const spoken = createSpokenText();
  let id: string | undefined;
  let isOpen = false;
  try {
    for await (const event of conversations.send(turn)) {
      if (event.type === 'conversation') {
        id = event.conversation_id;
        yield event;
        continue;
      }
      if (id !== undefined && event.type === 'done') {
        isOpen = false;
        await store.keepHistory(id, { history: answered(spoken.text()), isOpen });
      } else if (id !== undefined && !isOpen) {
        isOpen = true;
        await store.keepHistory(id, { history: asked, isOpen });
      }
      const text = spoken.add(event);
      if (text !== '') yield { type: 'text-delta', text };
      if (event.type === 'done' || event.type === 'error') yield event;
    }
  } finally {
    if (isOpen && id !== undefined) await store.keepHistory(id, { history: asked, isOpen: false });
  }
}
