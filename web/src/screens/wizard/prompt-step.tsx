import { EmptyState } from '../../ui/states.tsx';
import { messages } from './messages.ts';

/** The question about one row. */
export function PromptStep() {
  return <EmptyState title={messages.notYet} />;
}
