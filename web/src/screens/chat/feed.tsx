import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react';
import type { Chat, ChatView } from '../../data/chat/create-chat.ts';
import type { Entry } from '../../data/chat/entry.ts';
import { Button } from '../../ui/button.tsx';
import { Note } from '../../ui/note.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { Markdown } from './markdown.tsx';
import { messages } from './messages.ts';
import { NewChat } from './new-chat.tsx';
import { spendingOf } from './spending-of.ts';
import { SpendingRequest } from './spending-request.tsx';
import { ToolCard } from './tool-card.tsx';

/** So near to the end, in pixels, counts as at the end. */
const NEAR = 32;

interface FeedProps {
  chat: Chat;
  view: ChatView;
  onIdea: (text: string) => void;
}

/** What was said, the newest below. It stays at its end while an answer arrives, unless the reader has scrolled up. */
export function Feed({ chat, view, onIdea }: FeedProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const { entries, state, failure } = view;
  const toEnd = () => {
    const place = scroller.current;
    if (place !== null) place.scrollTop = place.scrollHeight;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever is added moves the end
  useLayoutEffect(() => {
    if (isAtEnd || entries.at(-1)?.kind === 'person') toEnd();
  }, [entries, state, failure]);
  const lastSaid = entries.findLastIndex(({ kind }) => kind === 'person');
  const stay = useEffectEvent(() => isAtEnd && toEnd());
  useEffect(() => {
    const place = scroller.current;
    if (place === null) return;
    const sizes = new ResizeObserver(() => stay());
    sizes.observe(place);
    return () => sizes.disconnect();
  }, []);
  const isEmpty = entries.length === 0 && state === 'ready' && failure === undefined;
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <div
        ref={scroller}
        role="log"
        aria-label={messages.conversation}
        aria-busy={state === 'answering'}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        tabIndex={0}
        onScroll={({ currentTarget: place }) =>
          setAtEnd(place.scrollHeight - place.scrollTop - place.clientHeight < NEAR)
        }
        className="min-h-0 flex-1 overflow-y-auto -outline-offset-2"
      >
        {isEmpty && <NewChat onIdea={onIdea} />}
        {state === 'loading' && <Loading rows={6} />}
        {entries.map((entry, index) => (
          <EntryView
            // biome-ignore lint/suspicious/noArrayIndexKey: entries are only added at the end
            key={index}
            entry={entry}
            before={entries[index - 1]}
            chat={chat}
            isLast={index > lastSaid}
            isWriting={state === 'answering' && index === entries.length - 1}
          />
        ))}
        {state === 'answering' && <Waiting last={entries.at(-1)} />}
        {state === 'elsewhere' && <p className="px-4 py-2 text-12 text-ink-2">{messages.elsewhere}</p>}
        {failure !== undefined && (
          <ErrorState
            error={failure}
            onRetry={() => chat.retry()}
            kept={entries.at(-1)?.kind === 'person' ? messages.kept : undefined}
          />
        )}
        <div className="h-4" />
      </div>
      {!isAtEnd && (
        <span className="absolute bottom-2 left-1/2 -translate-x-1/2">
          <Button size="small" icon="down" label={messages.toEnd} onClick={toEnd} />
        </span>
      )}
    </div>
  );
}

/** Until the first word, and while a tool or the next call of the model runs. */
function Waiting({ last }: { last: Entry | undefined }) {
  if (last?.kind === 'answer') return null;
  const isNew = last?.kind === 'person';
  return (
    <div className="px-4 pt-2">
      {isNew && <Who name={messages.rowmill} />}
      <i role="img" aria-label={messages.answering} className="chat-cursor" />
    </div>
  );
}

interface EntryProps {
  entry: Entry;
  before: Entry | undefined;
  chat: Chat;
  /** The person has said nothing after it. */
  isLast: boolean;
  isWriting: boolean;
}

function EntryView({ entry, before, chat, isLast, isWriting }: EntryProps) {
  if (entry.kind === 'person') {
    return (
      <div className="mt-4 border-line border-y bg-surface px-4 py-2 first:mt-0 first:border-t-0">
        <Who name={messages.you} />
        <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{entry.text}</p>
      </div>
    );
  }
  const spending = entry.kind === 'tool' ? spendingOf(entry) : undefined;
  return (
    <div className="grid gap-2 px-4 pt-2">
      {before?.kind === 'person' && <Who name={messages.rowmill} />}
      {entry.kind === 'answer' && (
        <div className={isWriting ? 'chat-writing' : ''}>
          <Markdown text={entry.text} />
        </div>
      )}
      {entry.kind === 'tool' && <ToolCard entry={entry} isOver={!isWriting && entry.outcome === undefined} />}
      {spending !== undefined && (
        <SpendingRequest request={spending} isOpen={isLast} onAnswer={(text) => chat.send(text)} />
      )}
      {entry.kind === 'warning' && <Note kind="warn">{entry.text}</Note>}
      {entry.kind === 'stopped' && <p className="text-12 text-ink-3">{messages.stopped}</p>}
    </div>
  );
}

function Who({ name }: { name: string }) {
  return <p className="font-semibold text-12 text-ink-2">{name}</p>;
}
