import { Link } from '@tanstack/react-router';
import { formatMoney, formatShort } from '../data/format.ts';
import { today } from '../data/period.ts';
import { useToday } from '../data/today.ts';
import { MoneyBar } from '../ui/money.tsx';
import { messages } from './messages.ts';

/** What today has cost, against the cap of the day. */
export function DayMoney({ bar = false }: { bar?: boolean }) {
  const { spent, saved, cap } = useToday();
  if (spent === undefined) return <div className={bar ? 'h-12' : 'h-4'} />;
  return (
    <div className="grid gap-1 text-12 text-ink-3">
      <div className="whitespace-nowrap">
        <Link
          to="/monitor"
          search={{ ledger: today() }}
          title={messages.opensToday}
          className="font-semibold text-ink tabular-nums"
        >
          {formatMoney(spent)}
        </Link>{' '}
        {cap === null ? messages.spentToday : messages.ofToday(formatMoney(cap))}
      </div>
      {bar && cap !== null && <MoneyBar spent={spent} cap={cap} />}
      {bar && saved !== undefined && saved > 0 && (
        <div className="whitespace-nowrap font-medium text-ok">{messages.savedToday(formatMoney(saved))}</div>
      )}
    </div>
  );
}

/** The same in the few pixels under the icons of a narrow navigation. */
export function DayMoneyShort() {
  const { spent, cap } = useToday();
  if (spent === undefined) return <div className="h-4" />;
  const whole = `${formatMoney(spent)} ${cap === null ? messages.spentToday : messages.ofToday(formatMoney(cap))}`;
  return (
    <Link
      to="/monitor"
      search={{ ledger: today() }}
      title={whole}
      className="block text-center font-semibold text-11 text-ink tabular-nums"
    >
      {formatShort(spent)}
      <span className="sr-only">{whole}</span>
    </Link>
  );
}
