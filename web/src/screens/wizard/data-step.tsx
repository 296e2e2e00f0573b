import { EmptyState } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** The table. */
export function DataStep() {
  return <EmptyState title={messages.notYet} />;
}
