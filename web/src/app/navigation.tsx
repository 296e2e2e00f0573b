import { Link } from '@tanstack/react-router';
import { useDashboard } from '../data/dashboard.ts';
import { formatCount } from '../data/format.ts';
import { useSettings } from '../data/settings.ts';
import { classNames } from '../ui/class-names.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { messages } from './messages.ts';

interface Place {
  to: '/batches' | '/queues' | '/monitor' | '/schedules' | '/alerts' | '/workers' | '/agents';
  label: string;
  icon: IconName;
  count?: number | undefined;
  /** The count says that something is wrong: it is in view at every width. */
  warns?: boolean;
}

const COUNTS = 'ml-auto font-normal text-ink-3';
const WARNS = 'ml-auto rounded-1 bg-warn-tint px-1 font-medium text-warn';
/** Over the icon, where the words have no room. */
const CORNER = 'max-wide:absolute max-wide:-top-0.5 max-wide:right-0';

/** The main places. `wide` shows their words at every width, as the menu of narrow screens does. */
export function Navigation({ wide = false, onChoose }: { wide?: boolean; onChoose?: () => void }) {
  const { data } = useDashboard();
  const { data: settings } = useSettings();
  const places: Place[] = [
    { to: '/batches', label: messages.batches, icon: 'batches', count: data?.batches.length },
    {
      to: '/queues',
      label: messages.queues,
      icon: 'queues',
      count: data?.queues.reduce((sum, { waiting }) => sum + waiting, 0),
    },
    { to: '/monitor', label: messages.monitor, icon: 'monitor' },
    { to: '/schedules', label: messages.schedules, icon: 'clock' },
    { to: '/alerts', label: messages.alerts, icon: 'bell', count: data?.alerts.length, warns: true },
    ...(settings?.fleet === true ? [{ to: '/workers', label: messages.workers, icon: 'workers' } as const] : []),
    { to: '/agents', label: messages.agents, icon: 'agent' },
  ];
  const word = wide ? '' : 'max-wide:sr-only';
  return (
    <nav aria-label={messages.main} className="flex flex-col gap-0.5">
      {places.map(({ to, label, icon, count, warns = false }) => (
        <Link
          key={label}
          to={to}
          {...(onChoose !== undefined && { onClick: onChoose })}
          {...(!wide && { title: label })}
          className={`touch relative flex h-7 items-center gap-2 rounded-2 px-2 font-medium text-ink-2 hover:bg-hover hover:text-ink hover:no-underline aria-[current]:bg-[light-dark(#ebebe6,#262825)] aria-[current]:text-ink ${wide ? '' : 'max-wide:justify-center max-wide:px-0'}`}
        >
          <Icon name={icon} />
          <span className={word}>{label}</span>
          {count !== undefined && count > 0 && (
            <span
              className={classNames(
                'text-11 tabular-nums',
                warns ? WARNS : COUNTS,
                !wide && (warns ? CORNER : 'max-wide:hidden'),
              )}
            >
              {formatCount(count)}
            </span>
          )}
        </Link>
      ))}
    </nav>
  );
}
