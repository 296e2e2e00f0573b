import { EmptyState } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** One row of a batch. */
export function RowScreen() {
  return <EmptyState title={messages.notYet} />;
}
