import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useRef } from 'react';
import { useKeys } from '../../app/keys.ts';
import { Button } from '../../ui/button.tsx';
import { messages } from './messages.ts';
import { RowTabs } from './row-tabs.tsx';

interface RowPanelProps {
  id: string;
  row: number;
  isLive: boolean;
  /** Gives the focus back to the grid. */
  onClosed: () => void;
}

/** The row that is open, at the right of the grid. J and K go to its neighbours, Escape closes it. */
export function RowPanel({ id, row, isLive, onClosed }: RowPanelProps) {
  const { tab = 'trace' } = useSearch({ from: '/batches/$id/rows' });
  const navigate = useNavigate({ from: '/batches/$id/rows' });
  const heading = useRef<HTMLHeadingElement>(null);
  const go = (to: number) => void navigate({ search: (old) => ({ ...old, row: Math.max(0, to) }), replace: true });
  const close = async () => {
    await navigate({ search: (old) => ({ ...old, row: undefined, tab: undefined }) });
    onClosed();
  };
  useKeys([
    { key: 'j', does: messages.keys.next, run: () => go(row + 1) },
    { key: 'k', does: messages.keys.previous, run: () => go(row - 1) },
    { key: 'Escape', does: messages.keys.close, run: () => void close() },
  ]);
  const arrive = useEffectEvent(() => heading.current?.focus());
  useEffect(() => arrive(), []);
  return (
    <aside
      aria-label={messages.panel(row)}
      className="flex w-120 flex-none flex-col border-line border-l max-lg:w-110 max-sm:w-full max-sm:border-l-0"
    >
      <div className="flex flex-none items-center gap-2 border-line border-b px-4 py-1.5">
        <h2 ref={heading} tabIndex={-1} className="font-semibold text-15 outline-none">
          {messages.panel(row)}
        </h2>
        <Link to="/batches/$id/rows/$row" params={{ id, row: String(row) }} search={{ tab }} className="text-12">
          {messages.openPage}
        </Link>
        <span className="ml-auto flex">
          <Button
            kind="ghost"
            icon="up"
            iconOnly
            label={messages.keys.previous}
            onClick={() => go(row - 1)}
            disabled={row === 0}
          />
          <Button kind="ghost" icon="down" iconOnly label={messages.keys.next} onClick={() => go(row + 1)} />
          <Button kind="ghost" icon="close" iconOnly label={messages.closePanel} onClick={() => void close()} />
        </span>
      </div>
      <RowTabs
        id={id}
        row={row}
        isLive={isLive}
        tab={tab}
        onTab={(next) => void navigate({ search: (old) => ({ ...old, tab: next }), replace: true })}
      />
    </aside>
  );
}
