import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useRef } from 'react';
import { useKeys } from '../../../app/keys.ts';
import { Button } from '../../../ui/button.tsx';
import { RowStatus } from '../grid/grid-row.tsx';
import type { Neighbours } from '../grid/row-grid.tsx';
import { messages } from '../messages.ts';
import { useRowStatus } from '../use-rows.ts';
import { RowTabs } from './row-tabs.tsx';

interface RowPanelProps {
  id: string;
  row: number;
  isLive: boolean;
  neighbours: Neighbours;
  /** Asks whether it runs again. */
  onAgain: () => void;
  /** Gives the focus back to the grid. */
  onClosed: () => void;
}

/** The row that is open, at the right of the grid. J and K go to its neighbours there, R runs it again, Escape closes it. */
export function RowPanel({ id, row, isLive, neighbours, onAgain, onClosed }: RowPanelProps) {
  const status = useRowStatus(id, row);
  const { tab = 'trace' } = useSearch({ from: '/batches/$id/rows' });
  const navigate = useNavigate({ from: '/batches/$id/rows' });
  const heading = useRef<HTMLHeadingElement>(null);
  const go = (to: number | undefined) => {
    if (to !== undefined) void navigate({ search: (old) => ({ ...old, row: to }), replace: true });
  };
  const close = async () => {
    await navigate({ search: (old) => ({ ...old, row: undefined, tab: undefined }) });
    onClosed();
  };
  useKeys([
    { key: 'j', does: messages.keys.next, run: () => go(neighbours.next) },
    { key: 'k', does: messages.keys.previous, run: () => go(neighbours.previous) },
    ...(status === 'failed' ? [{ key: 'r', does: messages.keys.again, run: onAgain }] : []),
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
        <h2 ref={heading} tabIndex={-1} className="flex-none font-semibold text-15 outline-none">
          {messages.panel(row)}
        </h2>
        <Link
          to="/batches/$id/rows/$row"
          params={{ id, row: String(row) }}
          search={{ tab }}
          className="flex-none text-12 max-sm:hidden"
        >
          {messages.openPage}
        </Link>
        {status !== undefined && <RowStatus status={status} />}
        <span className="ml-auto flex">
          {status === 'failed' && (
            <Button writes kind="ghost" icon="retry" iconOnly label={messages.again(row)} onClick={onAgain} />
          )}
          <Button
            kind="ghost"
            icon="up"
            iconOnly
            label={messages.keys.previous}
            onClick={() => go(neighbours.previous)}
            disabled={neighbours.previous === undefined}
          />
          <Button
            kind="ghost"
            icon="down"
            iconOnly
            label={messages.keys.next}
            onClick={() => go(neighbours.next)}
            disabled={neighbours.next === undefined}
          />
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
