import { Link } from '@tanstack/react-router';
import { shared } from '../messages/shared.ts';
import { buttonClass } from '../ui/button.tsx';
import { EmptyState } from '../ui/states.tsx';
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
