import { Screen } from '../../app/screen.tsx';
import { EmptyState } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** What starts by itself. */
export function SchedulesScreen() {
  return (
    <Screen title={messages.title}>
      <EmptyState title={messages.notYet} />
    </Screen>
  );
}
