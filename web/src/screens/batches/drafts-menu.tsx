import { Link, useNavigate } from '@tanstack/react-router';
import type { Schemas } from '../../data/api.ts';
import { useDrafts } from '../../data/drafts.ts';
import { formatWhen } from '../../data/format.ts';
import { Button } from '../../ui/button.tsx';
import { Menu } from '../../ui/menu.tsx';
import { messages } from './messages.ts';

type Draft = Schemas['Draft'];

/** A button that opens the drafts; nothing where there are none. */
export function DraftsMenu() {
  const { data: drafts = [] } = useDrafts();
  const navigate = useNavigate();
  if (drafts.length === 0) return null;
  const items = drafts.map((draft) => ({
    id: draft.draft_id,
    label: `${nameOf(draft)} · ${formatWhen(draft.updated_at)}`,
    icon: 'file' as const,
    onSelect: () => void navigate({ to: '/new/$draftId', params: { draftId: draft.draft_id } }),
  }));
  return <Menu trigger={<Button icon="file" label={messages.drafts.count(drafts.length)} />} items={items} />;
}

/** The drafts as a list of links, for the first visit. */
export function DraftList() {
  const { data: drafts = [] } = useDrafts();
  if (drafts.length === 0) return null;
  return (
    <section aria-label={messages.drafts.title} className="mt-8">
      <h2>{messages.drafts.title}</h2>
      <ul className="mt-2">
        {drafts.map((draft) => (
          <li key={draft.draft_id} className="flex min-h-8 items-center gap-2 border-line border-t py-1">
            <Link to="/new/$draftId" params={{ draftId: draft.draft_id }} className="cut font-medium">
              {nameOf(draft)}
            </Link>
            <span className="ml-auto flex-none text-12 text-ink-3">{formatWhen(draft.updated_at)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function nameOf({ name, request }: Draft): string {
  const asked = (request as { name?: unknown }).name;
  return name ?? (typeof asked === 'string' ? asked : messages.drafts.unnamed);
}
