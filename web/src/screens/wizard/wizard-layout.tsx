import { useQuery } from '@tanstack/react-query';
import { Outlet, useMatchRoute, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Screen } from '../../app/screen.tsx';
import { api, bodyOf, type Schemas } from '../../data/api.ts';
import { formatTime } from '../../data/format.ts';
import { useStore } from '../../data/store.ts';
import { Button } from '../../ui/button.tsx';
import { LaterDialog } from '../../ui/later-dialog.tsx';
import { Note } from '../../ui/note.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { createDraft, type Draft } from './draft/create-draft.ts';
import { OpenDraft } from './draft/open-draft.ts';
import { messages } from './messages.ts';
import { Stepper } from './stepper.tsx';
import { nameOf, routeOf, STEPS } from './steps.ts';
import { useProgress } from './use-progress.ts';

/** Stepper, step, Back and Next. The draft is read once, then edited here and saved on the server. */
export function WizardLayout() {
  const { draftId } = useParams({ from: '/new/$draftId' });
  const read = useQuery({
    queryKey: ['draft', draftId],
    queryFn: ({ signal }) => bodyOf(api.GET('/v1/drafts/{id}', { params: { path: { id: draftId } }, signal })),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  if (read.data !== undefined) return <Wizard key={draftId} read={read.data} />;
  return (
    <Screen title={messages.title}>
      {read.error === null ? <Loading /> : <ErrorState error={read.error} onRetry={() => read.refetch()} />}
    </Screen>
  );
}

function Wizard({ read }: { read: Schemas['Draft'] }) {
  const [draft] = useState(() => createDraft(read));
  useEffect(() => {
    const save = () => void draft.flush().catch(() => undefined);
    document.addEventListener('visibilitychange', save);
    return () => {
      document.removeEventListener('visibilitychange', save);
      save();
    };
  }, [draft]);
  return (
    <OpenDraft value={draft}>
      <WizardFrame draft={draft} />
    </OpenDraft>
  );
}

function WizardFrame({ draft }: { draft: Draft }) {
  const match = useMatchRoute();
  const step = STEPS.find((one) => match({ to: routeOf(one) }) !== false) ?? 'data';
  const progress = useProgress();
  const { state } = useStore(draft.view);
  return (
    <Screen
      title={`${messages.title}: ${nameOf(step)}`}
      shownTitle={messages.title}
      beside={<Stepper draftId={draft.id} current={step} done={progress.done} />}
      actions={<DraftActions draft={draft} />}
    >
      {state === 'conflict' && <Conflict draft={draft} />}
      <Outlet />
    </Screen>
  );
}

function Conflict({ draft }: { draft: Draft }) {
  return (
    <div role="alert" className="flex-none px-4 py-2">
      <Note kind="warn">
        <span className="flex flex-wrap items-center gap-2">
          {messages.conflict}
          <Button size="small" label={messages.takeOther} onClick={() => void draft.takeOther()} />
        </span>
      </Note>
    </div>
  );
}

function DraftActions({ draft }: { draft: Draft }) {
  const { canUndo, state, savedAt } = useStore(draft.view);
  const [asks, setAsks] = useState(false);
  const text = { saved: messages.saved(formatTime(savedAt)), saving: messages.saving };
  return (
    <>
      <span role="status" className="whitespace-nowrap text-12 text-ink-3 max-lg:hidden">
        {state === 'saved' || state === 'saving' ? text[state] : messages.notSaved}
      </span>
      <Button
        kind="ghost"
        icon="undo"
        iconOnly
        label={messages.undo}
        disabled={!canUndo}
        onClick={() => draft.undo()}
      />
      <span className="max-sm:hidden">
        <Button kind="ghost" label={messages.reset} onClick={() => setAsks(true)} />
      </span>
      <LaterDialog
        open={asks}
        onClose={() => setAsks(false)}
        title={messages.resetTitle}
        description={messages.resetText}
        actions={
          <Button
            kind="danger"
            label={messages.resetDo}
            onClick={() => {
              draft.reset();
              setAsks(false);
            }}
          />
        }
      />
    </>
  );
}
