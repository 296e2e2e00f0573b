import { Link } from '@tanstack/react-router';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { ConnectionMark } from './connection-mark.tsx';
import { DayMoney } from './day-money.tsx';
import { messages } from './messages.ts';
import { Navigation } from './navigation.tsx';

/** The menu of narrow screens: every place, the money of the day, the connection. */
export function MenuDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} title={messages.menu}>
      <Navigation wide onChoose={onClose} />
      <Link
        to="/settings"
        onClick={onClose}
        className="touch flex h-7 items-center gap-2 rounded-2 px-2 font-medium text-ink-2 hover:no-underline"
      >
        <Icon name="settings" />
        {messages.settings}
      </Link>
      <div className="mt-4 grid gap-2 px-2">
        <DayMoney bar />
        <ConnectionMark />
      </div>
    </Dialog>
  );
}
