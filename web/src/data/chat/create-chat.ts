import { readEvents } from '../../../../src/client/client.ts';
import { api, bodyOf } from '../api.ts';
import { connectionLost } from '../connection.ts';
import { ProblemError, problemError } from '../problem-error.ts';
import { createStore, type Store } from '../store.ts';
import { type ChatEvent, type Entry, entriesOf, withEvent } from './entry.ts';

/** A conversation as the page shows it. */
export interface ChatView {
  /** undefined until the server has named it. */
  id: string | undefined;
  entries: readonly Entry[];
  /** loading: it is read from the server. elsewhere: an answer that this page does not receive is being written. */
  state: 'loading' | 'ready' | 'answering' | 'elsewhere';
  /** Why the last message got no whole answer, or why it could not be read. */
  failure: Error | undefined;
  /** What it has cost, in dollars; null where a price is unknown. */
  costUsd: number | null;
}

/** A conversation that lives as long as the page: an answer goes on arriving while its panel is closed. */
export interface Chat {
  view: Store<ChatView>;
  /** What is typed and not sent. */
  typed: Store<string>;
  /** Sends a message. Returns false, and does nothing, while an answer is on its way. */
  send(text: string): boolean;
  /** Ends the answer. The server keeps what was answered; batches that were started go on. */
  stop(): void;
  /**
   * Reads the conversation again, unless an answer is on its way here.
   * @param hasMoved another page has reported it; without it, what was stopped here stays as it is
   */
  refresh(hasMoved: boolean): void;
  /** Tries again what failed: reading the conversation, or the last message. */
  retry(): void;
}

/** After Stop the server needs a moment to store what was answered; until then it refuses the next message. */
const BUSY_WAIT_MS = 250;
const BUSY_TRIES = 40;
/** How often a conversation is read while its answer arrives somewhere else. */
const ELSEWHERE_MS = 1_000;

/**
 * Starts to show a conversation.
 * @param id of a stored one; undefined starts a new one
 * @param onNamed called with its id, when the server has named a new one
 * @param onTurn called after each message
 * @param onMoved called with its id when the server has stored a message or an answer of this page
 */
export function createChat(
  id: string | undefined,
  { onNamed, onTurn, onMoved }: { onNamed: (id: string) => void; onTurn: () => void; onMoved: (id: string) => void },
): Chat {
  const view = createStore<ChatView>({
    ...{ id, entries: [], failure: undefined, costUsd: 0 },
    state: id === undefined ? 'ready' : 'loading',
  });
  let answering: AbortController | undefined;
  let unsent: string | undefined;
  const change = (changed: Partial<ChatView>) => view.set({ ...view.get(), ...changed });

  async function load(known: string, { quietly = false } = {}): Promise<void> {
    try {
      const read = await bodyOf(api.GET('/v1/conversations/{id}', { params: { path: { id: known } } }));
      if (answering !== undefined) return;
      const state = read.answering ? 'elsewhere' : 'ready';
      const { entries: old } = view.get();
      const stored = entriesOf(read.messages);
      // What was received here says more than what is stored, such as the times of tools.
      const entries = isSame(old, stored) ? old : stored;
      change({ entries, state, costUsd: read.cost_usd, failure: undefined });
      if (read.answering) setTimeout(() => void load(known), ELSEWHERE_MS);
    } catch (thrown) {
      if (!quietly) change({ state: 'ready', failure: errorOf(thrown) });
    }
  }

  /** The events of an answer. */
  async function* ask(message: string, signal: AbortSignal): AsyncGenerator<ChatEvent> {
    const { id: known } = view.get();
    const body = { message, ...(known !== undefined && { conversation_id: known }) };
    const { data, error, response } = await api.POST('/v1/chat', { body, parseAs: 'stream', signal });
    if (!response.ok || data === null || data === undefined) throw problemError(error, response);
    try {
      for await (const event of readEvents(data as unknown as ReadableStream<Uint8Array>)) {
        yield JSON.parse(event.data) as ChatEvent;
      }
    } catch (cause) {
      if (signal.aborted) throw cause;
      connectionLost();
      throw lost();
    }
  }

  async function askWhenFree(message: string, signal: AbortSignal): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await receive(ask(message, signal));
      } catch (thrown) {
        const isBusy = thrown instanceof ProblemError && thrown.code === 'conversation_busy';
        if (!isBusy || tries === BUSY_TRIES) throw thrown;
        await new Promise((resolve) => setTimeout(resolve, BUSY_WAIT_MS));
        signal.throwIfAborted();
      }
    }
  }

  async function receive(events: AsyncIterable<ChatEvent>): Promise<void> {
    let isOver = false;
    for await (const event of events) {
      if (event.type === 'error') throw new ProblemError(event.message, { code: event.code, status: 200 });
      if (event.type === 'conversation' && view.get().id === undefined) {
        change({ id: event.conversation_id });
        onNamed(event.conversation_id);
      }
      if (event.type === 'conversation') onMoved(event.conversation_id);
      if (event.type === 'turn-end') {
        const { costUsd } = view.get();
        change({ costUsd: costUsd === null || event.cost_usd === null ? null : costUsd + event.cost_usd });
      }
      isOver ||= event.type === 'done';
      change({ entries: withEvent(view.get().entries, event) });
    }
    if (!isOver) throw lost();
  }

  async function turn(text: string): Promise<void> {
    const own = new AbortController();
    answering = own;
    unsent = text;
    change({ state: 'answering', failure: undefined });
    try {
      await askWhenFree(text, own.signal);
      unsent = undefined;
    } catch (thrown) {
      if (own.signal.aborted) change({ entries: [...view.get().entries, { kind: 'stopped' }] });
      else change({ failure: errorOf(thrown) });
    } finally {
      answering = undefined;
      change({ state: 'ready' });
      const { id: known } = view.get();
      if (known !== undefined) onMoved(known);
      onTurn();
    }
  }

  if (id !== undefined) void load(id);
  return {
    view,
    typed: createStore(''),
    send(text) {
      const message = text.trim();
      if (message === '' || answering !== undefined || view.get().state !== 'ready') return false;
      change({ entries: [...view.get().entries, { kind: 'person', text: message }] });
      void turn(message);
      return true;
    },
    stop: () => answering?.abort(),
    refresh(hasMoved) {
      const { id: known, state, failure } = view.get();
      const isAtRest = answering === undefined && state === 'ready' && failure === undefined;
      if (known !== undefined && isAtRest && (hasMoved || unsent === undefined)) void load(known, { quietly: true });
    },
    retry() {
      const { id: known, state } = view.get();
      if (answering !== undefined || state !== 'ready') return;
      if (unsent !== undefined) void turn(unsent);
      else if (known !== undefined) {
        change({ state: 'loading', failure: undefined });
        void load(known);
      }
    },
  };
}

/** Whether two lists say the same, apart from what only one page knows. */
function isSame(one: readonly Entry[], other: readonly Entry[]): boolean {
  const said = (entries: readonly Entry[]) =>
    entries.flatMap((entry) =>
      entry.kind === 'person' || entry.kind === 'answer'
        ? [`${entry.kind} ${entry.text}`]
        : entry.kind === 'tool'
          ? [entry.id]
          : [],
    );
  return said(one).join('\n') === said(other).join('\n');
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function lost(): ProblemError {
  return new ProblemError('The connection was lost before the answer was complete.', {
    ...{ code: 'connection_lost', status: 0 },
    fix: 'What was done until then is kept. Retry sends your message again.',
  });
}
