import { Screen } from '../../app/screen.tsx';
import { EmptyState } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** The list of agents. */
export function AgentsScreen() {
  return (
    <Screen title={messages.title}>
      <EmptyState title={messages.notYet} />
    </Screen>
  );
}
