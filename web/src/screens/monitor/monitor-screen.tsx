import { Screen } from '../../app/screen.tsx';
import { EmptyState } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** What the service has done. */
export function MonitorScreen() {
  return (
    <Screen title={messages.title}>
      <EmptyState title={messages.notYet} />
    </Screen>
  );
}
