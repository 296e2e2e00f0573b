import { useNavigate, useSearch } from '@tanstack/react-router';
import { lastThread } from '../data/chat/last-thread.ts';
import { Button } from '../ui/button.tsx';
import { messages } from './messages.ts';

/** Opens the chat beside any screen, where it was left; where it is open, its field gets the focus. */
export function useAsk(): { isOpen: boolean; open: () => void; toggle: () => void } {
  const isOpen = useSearch({ from: '__root__' }).chat !== undefined;
  const navigate = useNavigate();
  const show = (chat: string | undefined) => void navigate({ to: '.', search: (old) => ({ ...old, chat }) });
  const open = () => (isOpen ? document.getElementById('chat-message')?.focus() : show(lastThread.id));
  return { isOpen, open, toggle: () => (isOpen ? show(undefined) : open()) };
}

/** The button of the chat, in the bar of every screen. */
export function AskButton() {
  const { isOpen, toggle } = useAsk();
  return (
    <Button
      id="ask"
      icon="chat"
      label={messages.ask}
      aria-pressed={isOpen}
      onClick={toggle}
      className="aria-pressed:border-accent aria-pressed:bg-accent-tint"
    >
      <span className="max-sm:sr-only">{messages.ask}</span>
    </Button>
  );
}
