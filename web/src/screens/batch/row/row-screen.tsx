import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useBatch } from '../../../data/batches.ts';
import { hasEnded } from '../../../data/live/messages.ts';
import { messages } from '../messages.ts';
import { RowTabs } from './row-tabs.tsx';

/** One row of a batch, as a page of its own. */
export function RowScreen() {
  const { id, row } = useParams({ from: '/batches/$id/rows/$row' });
  const { tab = 'trace' } = useSearch({ from: '/batches/$id/rows/$row' });
  const navigate = useNavigate({ from: '/batches/$id/rows/$row' });
  const batch = useBatch(id).data;
  const number = Number(row);
  return (
    <section aria-label={messages.panel(number)} className="flex min-h-0 flex-1 flex-col">
      <h2 className="flex-none px-4 py-2 font-semibold text-15">{messages.panel(number)}</h2>
      <RowTabs
        id={id}
        row={number}
        isLive={batch !== undefined && !hasEnded(batch)}
        tab={tab}
        onTab={(next) => void navigate({ search: { tab: next }, replace: true })}
      />
    </section>
  );
}
