import { type Connection, connection } from '../data/connection.ts';
import { useStore } from '../data/store.ts';
import { shared } from '../messages/shared.ts';
import { Icon } from '../ui/icon.tsx';
import { type Status, StatusMark } from '../ui/status-mark.tsx';
import { messages } from './messages.ts';

const MARKS: { [state in Connection]: Status } = {
  connected: 'succeeded',
  reconnecting: 'queued',
  offline: 'needs-you',
};

/** How the page stands to the server, as shape and word. */
export function ConnectionMark() {
  const state = useStore(connection);
  return (
    <span className="text-12">
      <StatusMark status={MARKS[state]} word={messages[state]} plain />
    </span>
  );
}

/** A line over the page while the server can't be reached. */
export function OfflineBanner() {
  const state = useStore(connection);
  return (
    <div role="status" className="flex-none">
      {state !== 'connected' && (
        <div className="flex items-center gap-2 border-warn border-b bg-warn-tint px-4 py-1.5 text-12">
          <Icon name={state === 'offline' ? 'needs-you' : 'hourglass'} className="size-3.5 text-warn" />
          {state === 'offline' ? shared.offline.offline : shared.offline.reconnecting}
        </div>
      )}
    </div>
  );
}
