import { Screen } from '../../app/screen.tsx';
import { EmptyState } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** One agent. */
export function AgentScreen() {
  return (
    <Screen title={messages.title}>
      <EmptyState title={messages.notYet} />
    </Screen>
  );
}
