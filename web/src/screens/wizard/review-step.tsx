import { EmptyState } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** What it will cost, and the start. */
export function ReviewStep() {
  return <EmptyState title={messages.notYet} />;
}
