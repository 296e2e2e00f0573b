import { Screen } from '../../app/screen.tsx';
import { EmptyState } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** Jobs that wait. */
export function QueuesScreen() {
  return (
    <Screen title={messages.title}>
      <EmptyState title={messages.notYet} />
    </Screen>
  );
}
