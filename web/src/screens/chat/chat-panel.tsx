import './chat.css';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useKeys } from '../../app/keys.ts';
import { chatOf } from '../../data/chat/chats.ts';
import type { Chat } from '../../data/chat/create-chat.ts';
import { lastThread } from '../../data/chat/last-thread.ts';
import { formatMoney } from '../../data/format.ts';
import { useStore } from '../../data/store.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Composer } from './composer.tsx';
import { Feed } from './feed.tsx';
import { messages } from './messages.ts';

/** A narrow window: the chat covers the screen, and is the main part of the page then. */
const NARROW = matchMedia('(width < 720px)');

function onNarrow(onChange: () => void): () => void {
  NARROW.addEventListener('change', onChange);
  return () => NARROW.removeEventListener('change', onChange);
}

/** The chat at the right of any screen. `thread` is a conversation's id, or `new`. Escape closes it. */
export function ChatPanel({ thread }: { thread: string }) {
  const navigate = useNavigate();
  const chat = useChat(thread);
  const view = useStore(chat.view);
  const isSheet = useSyncExternalStore(onNarrow, () => NARROW.matches);
  const Frame = isSheet ? 'main' : 'aside';
  const [before] = useState(() => document.activeElement);
  const field = useRef<HTMLTextAreaElement>(null);

  const go = (next: string | undefined, replace = false) =>
    navigate({ to: '.', search: (old) => ({ ...old, chat: next }), replace });
  const close = async () => {
    await go(undefined);
    focusAgain(before);
  };
  const startNew = () => {
    void go('new');
    field.current?.focus();
  };
  useKeys([{ key: 'Escape', does: messages.close, run: () => void close() }]);
  useEffect(() => field.current?.focus(), []);
  const { id } = view;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new name changes the address
  useEffect(() => {
    lastThread.id = id ?? 'new';
    if (id !== undefined && id !== thread) void go(id, true);
  }, [id, thread]);

  return (
    <Frame
      aria-label={messages.title}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.nativeEvent.isComposing) return;
        event.preventDefault();
        void close();
      }}
      className="flex min-h-0 w-110 flex-none flex-col border-line border-l max-sm:w-full max-sm:border-l-0"
    >
      <header className="flex h-12 flex-none items-center gap-2 border-line border-b px-4">
        <Icon name="chat" />
        {isSheet && <h1 className="sr-only">{messages.conversation}</h1>}
        <h2 className="text-15">{messages.title}</h2>
        <span className="ml-auto whitespace-nowrap text-12 text-ink-3 tabular-nums">
          {view.costUsd !== 0 && messages.cost(formatMoney(view.costUsd))}
        </span>
        <Button kind="ghost" icon="plus" iconOnly label={messages.newChat} onClick={startNew} />
        <Button kind="ghost" icon="close" iconOnly label={messages.close} onClick={() => void close()} />
      </header>
      <Feed
        chat={chat}
        view={view}
        onIdea={(text) => {
          chat.typed.set(text);
          field.current?.focus();
        }}
      />
      <Composer chat={chat} view={view} field={field} />
    </Frame>
  );
}

/** A new chat keeps its place when the server has named it, until the address has followed. */
function useChat(thread: string): Chat {
  const client = useQueryClient();
  const find = () => chatOf(thread, () => void client.invalidateQueries());
  const [shown, show] = useState(() => ({ thread, chat: find() }));
  if (shown.thread === thread) return shown.chat;
  const chat = find();
  show({ thread, chat });
  return chat;
}

/** Gives the focus back to what had it, or to what opens the chat. */
function focusAgain(before: Element | null): void {
  const back = before instanceof HTMLElement && before.isConnected && before !== document.body ? before : null;
  (back ?? document.getElementById('ask') ?? document.getElementById('main'))?.focus();
}
