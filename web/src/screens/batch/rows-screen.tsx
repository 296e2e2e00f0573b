import { EmptyState } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** The rows of a batch. */
export function RowsScreen() {
  return <EmptyState title={messages.notYet} />;
}
