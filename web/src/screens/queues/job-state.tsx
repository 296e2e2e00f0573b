import type { Job } from '../../data/jobs.ts';
import { type Status, StatusMark } from '../../ui/status-mark.tsx';
import { messages } from './messages.ts';

const MARKS: { [state in Job['state']]: Status } = {
  waiting: 'queued',
  queued: 'queued',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
  expired: 'cancelled',
};

/** The state of a job as shape and word. */
export function JobState({ state, plain = false }: { state: Job['state']; plain?: boolean }) {
  return <StatusMark status={MARKS[state]} word={messages.state[state]} plain={plain} />;
}
