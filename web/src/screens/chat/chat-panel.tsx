import { useNavigate } from '@tanstack/react-router';
import { shared } from '../../messages/shared.ts';
import { Button } from '../../ui/button.tsx';
import { messages } from './messages.ts';

/** The chat at the right of any screen. `thread` is a conversation's id, or `new`. */
export function ChatPanel({ thread: _thread }: { thread: string }) {
  const navigate = useNavigate();
  return (
    <>
      <header className="flex h-12 flex-none items-center gap-2 border-line border-b px-4">
        <h2>{messages.title}</h2>
        <span className="ml-auto">
          <Button
            kind="ghost"
            icon="close"
            iconOnly
            label={shared.close}
            onClick={() => void navigate({ to: '.', search: (old) => ({ ...old, chat: undefined }) })}
          />
        </span>
      </header>
      <p className="p-4 text-ink-2">{messages.notYet}</p>
    </>
  );
}
