import { Link } from '@tanstack/react-router';
import { classNames } from '../../ui/class-names.ts';
import { Icon } from '../../ui/icon.tsx';
import { messages } from './messages.ts';
import { nameOf, routeOf, STEPS, type Step } from './steps.ts';

/** The steps, with a tick at those that are complete. */
export function Stepper({ draftId, current, done }: { draftId: string; current: Step; done: ReadonlySet<Step> }) {
  return (
    <nav aria-label={messages.stepper} className="min-w-0 overflow-x-auto max-sm:order-last max-sm:w-full">
      <ol className="flex items-center">
        {STEPS.map((step, index) => {
          const isCurrent = step === current;
          return (
            <li key={step} className="flex items-center">
              {index > 0 && <span className="w-3 border-line-2 border-t max-lg:w-1.5" />}
              <Link
                to={routeOf(step)}
                params={{ draftId }}
                aria-current={isCurrent ? 'step' : undefined}
                className={classNames(
                  'touch flex h-8 items-center gap-1.5 rounded-2 px-2 font-medium no-underline hover:bg-hover',
                  isCurrent ? 'bg-accent-tint text-ink' : 'text-ink-2',
                )}
              >
                <StepMark number={index + 1} isCurrent={isCurrent} isDone={done.has(step)} />
                <span className={isCurrent ? '' : 'max-sm:sr-only'}>{nameOf(step)}</span>
              </Link>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

function StepMark({ number, isCurrent, isDone }: { number: number; isCurrent: boolean; isDone: boolean }) {
  const ring = isCurrent
    ? 'border-accent bg-accent text-accent-ink'
    : isDone
      ? 'border-ok text-ok'
      : 'border-line-field';
  return (
    <span className={`grid size-5 flex-none place-items-center rounded-full border text-11 tabular-nums ${ring}`}>
      {isDone && !isCurrent ? <Icon name="check" className="size-3" /> : number}
    </span>
  );
}
