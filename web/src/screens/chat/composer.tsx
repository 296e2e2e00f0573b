import type { KeyboardEvent, RefObject } from 'react';
import type { Chat, ChatView } from '../../data/chat/create-chat.ts';
import { useCanWrite } from '../../data/connection.ts';
import { useStore } from '../../data/store.ts';
import { Button } from '../../ui/button.tsx';
import { messages } from './messages.ts';

interface ComposerProps {
  chat: Chat;
  view: ChatView;
  field: RefObject<HTMLTextAreaElement | null>;
}

/** Where a message is written. Enter and Ctrl+Enter send it; while an answer arrives, Stop ends it. */
export function Composer({ chat, view: { state }, field }: ComposerProps) {
  const typed = useStore(chat.typed);
  const canWrite = useCanWrite();
  const send = () => {
    if (canWrite && chat.send(typed)) chat.typed.set('');
  };
  const press = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <div className="flex-none border-line border-t px-4 py-3">
      <textarea
        ref={field}
        id="chat-message"
        aria-label={messages.message}
        placeholder={messages.placeholder}
        rows={2}
        value={typed}
        onChange={({ target }) => chat.typed.set(target.value)}
        onKeyDown={press}
        className="field-sizing-content max-h-50 min-h-14 w-full resize-none rounded-2 border border-line-field bg-bg px-2 py-1 placeholder:text-ink-3 hover:border-ink-3"
      />
      <div className="mt-1 flex items-center gap-2">
        <span className="cut grow text-12 text-ink-3">{messages.hint}</span>
        {state === 'answering' ? (
          <Button
            icon="cancelled"
            label={messages.stop}
            // It takes the place of Send: the second click of a double click is none of its own.
            onClick={({ detail }) => detail < 2 && chat.stop()}
          />
        ) : (
          <Button
            kind="primary"
            icon="send"
            label={messages.send}
            writes
            disabled={state !== 'ready' || typed.trim() === ''}
            onClick={send}
          />
        )}
      </div>
    </div>
  );
}
