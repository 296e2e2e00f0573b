import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useKeys } from '../../app/keys.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { useDraft } from './draft/open-draft.ts';
import { messages } from './messages.ts';
import { MoneyLine } from './money-line.tsx';
import { nameOf, routeOf, STEPS, type Step } from './steps.ts';
import { useProgress } from './use-progress.ts';

interface StepFrameProps {
  step: Step;
  children: ReactNode;
  /** Instead of Next, for the last step. */
  main?: ReactNode;
  /** What Ctrl+Enter does instead of Next; undefined while it can't. */
  onMain?: (() => void) | undefined;
}

/** A step: its content, and below it money, Back and Next, which stay in view. */
export function StepFrame({ step, children, main, onMain }: StepFrameProps) {
  const { draft } = useDraft();
  const navigate = useNavigate();
  const block = useProgress().blocks[step];
  const at = STEPS.indexOf(step);
  const [before, after] = [STEPS[at - 1], STEPS[at + 1]];
  const go = (to: Step) => void navigate({ to: routeOf(to), params: { draftId: draft.id } });
  const forward = () => {
    if (block === undefined && after !== undefined) go(after);
  };
  useKeys([{ key: 'Ctrl+Enter', does: messages.keys.main, run: onMain ?? forward }]);
  return (
    <>
      <div className="flex min-h-0 flex-1 flex-col overflow-auto">{children}</div>
      <footer className="flex flex-none flex-wrap items-center gap-3 border-line-2 border-t bg-surface px-4 py-2.5">
        {before === undefined ? (
          <Button size="large" label={messages.leave} onClick={() => void navigate({ to: '/batches' })} />
        ) : (
          <Button size="large" label={messages.back} onClick={() => go(before)} />
        )}
        <MoneyLine />
        {block !== undefined && hasTable(draft.view.get().request) && (
          <span className="flex items-center gap-1.5 text-bad">
            <Icon name="failed" />
            {block}
          </span>
        )}
        {main ??
          (after !== undefined && (
            <Button
              kind="primary"
              size="large"
              className="max-sm:ml-auto"
              label={messages.next(nameOf(after))}
              disabled={block !== undefined}
              why={block}
              onClick={forward}
            />
          ))}
      </footer>
    </>
  );
}

/** Before there is a table, what is missing is plain to see. */
function hasTable({ csv_uri: table }: { csv_uri?: string }): boolean {
  return table !== undefined;
}
