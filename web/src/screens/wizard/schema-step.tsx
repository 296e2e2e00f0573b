import { EmptyState } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** The fields of the answer. */
export function SchemaStep() {
  return <EmptyState title={messages.notYet} />;
}
