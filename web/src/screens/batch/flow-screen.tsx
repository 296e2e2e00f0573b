import { EmptyState } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** The states of a batch. */
export function FlowScreen() {
  return <EmptyState title={messages.notYet} />;
}
