import { EmptyState } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** What each column is for. */
export function ColumnsStep() {
  return <EmptyState title={messages.notYet} />;
}
