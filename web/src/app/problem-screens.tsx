import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { shared } from '../messages/shared.ts';
import { Button, buttonClass } from '../ui/button.tsx';
import { EmptyState, ErrorState } from '../ui/states.tsx';
import { Screen } from './screen.tsx';

/** For addresses that no route has. */
export function NotFound() {
  return (
    <Screen title={shared.notFound.title}>
      <EmptyState
        title={shared.notFound.title}
        action={
          <Link to="/batches" className={buttonClass({ kind: 'primary', size: 'large' })}>
            {shared.notFound.action}
          </Link>
        }
      >
        {shared.notFound.text}
      </EmptyState>
    </Screen>
  );
}

/** In the place of a screen that threw; navigation stays. */
export function ScreenError({ error, reset }: ErrorComponentProps) {
  return (
    <Screen title={shared.error.screen}>
      <div className="min-h-0 flex-1 overflow-auto">
        <p className="px-4 pt-4 text-ink-2">{shared.error.screenFix}</p>
        <ErrorState error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />
        <div className="px-4">
          <Button label={shared.error.reload} onClick={() => location.reload()} />
        </div>
      </div>
    </Screen>
  );
}
