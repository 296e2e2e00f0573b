import { Link } from '@tanstack/react-router';
import type { Schemas } from '../../../data/api.ts';
import { Icon } from '../../../ui/icon.tsx';
import { Note } from '../../../ui/note.tsx';
import { useDraft } from '../draft/open-draft.ts';
import { messages } from '../messages.ts';
import { nameOf, routeOf, STEPS } from '../steps.ts';
import { useProgress } from '../use-progress.ts';

/** What is missing before the start, each with the step that mends it, and what to look at first. */
export function Guidance({ plan }: { plan: Schemas['Plan'] | undefined }) {
  const { draft } = useDraft();
  const { blocks } = useProgress();
  const missing = STEPS.flatMap((step) => (blocks[step] === undefined ? [] : [{ step, text: blocks[step] }]));
  const problems = plan?.problems ?? [];
  return (
    <>
      {missing.length + problems.length > 0 ? (
        <section aria-label={messages.review.problems} className="grid gap-2">
          <h2 className="font-semibold">{messages.review.problems}</h2>
          {missing.map(({ step, text }) => (
            <Note key={step} kind="bad">
              {text}{' '}
              <Link to={routeOf(step)} params={{ draftId: draft.id }}>
                {nameOf(step)}
              </Link>
            </Note>
          ))}
          {problems.map(({ message }) => (
            <Note key={message} kind="bad">
              {message}
            </Note>
          ))}
        </section>
      ) : (
        plan !== undefined && (
          <p className="flex items-center gap-2 text-ok">
            <Icon name="succeeded" />
            {messages.review.ready}
          </p>
        )
      )}
      {(plan?.warnings.length ?? 0) > 0 && (
        <section aria-label={messages.review.warnings} className="grid gap-2">
          <h2 className="font-semibold">{messages.review.warnings}</h2>
          {plan?.warnings.map((warning) => (
            <Note key={warning} kind="warn">
              {warning}
            </Note>
          ))}
        </section>
      )}
      <p className="border-line border-t pt-3 text-12 text-ink-3">{messages.review.pauseAny}</p>
    </>
  );
}
