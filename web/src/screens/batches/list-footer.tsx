import type { useBatches } from '../../data/batches.ts';
import { formatTime } from '../../data/format.ts';
import { Button } from '../../ui/button.tsx';
import { Kbd } from '../../ui/kbd.tsx';
import { Stale } from '../../ui/states.tsx';
import { messages } from './messages.ts';

interface ListFooterProps {
  query: ReturnType<typeof useBatches>;
  onMore?: () => void;
  isCut: boolean;
}

/** How many batches are shown and how fresh they are. */
export function ListFooter({ query, onMore, isCut }: ListFooterProps) {
  return (
    <footer className="flex h-8 flex-none items-center gap-4 border-line border-t px-4 text-12 text-ink-3 tabular-nums">
      {query.data !== undefined && (
        <>
          <span>{messages.shown(query.data.items.length)}</span>
          {onMore !== undefined && <Button kind="ghost" size="small" label={messages.more} onClick={onMore} />}
          {isCut && <span>{messages.most}</span>}
          {query.isError ? (
            <Stale query={query} />
          ) : (
            <span className="max-sm:hidden">{messages.updated(formatTime(query.dataUpdatedAt))}</span>
          )}
        </>
      )}
      <span className="ml-auto flex items-center gap-1.5 max-lg:hidden">
        <Kbd>↑</Kbd>
        <Kbd>↓</Kbd>
        {messages.keys.next}
        <Kbd>?</Kbd>
      </span>
    </footer>
  );
}
