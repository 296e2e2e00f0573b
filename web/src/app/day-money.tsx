import { formatMoney } from '../data/format.ts';
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
        <b className="font-semibold text-ink tabular-nums">{formatMoney(spent)}</b>{' '}
        {cap === null ? messages.spentToday : messages.ofToday(formatMoney(cap))}
      </div>
      {bar && cap !== null && <MoneyBar spent={spent} cap={cap} />}
      {bar && saved !== undefined && saved > 0 && (
        <div className="whitespace-nowrap font-medium text-ok">{messages.savedToday(formatMoney(saved))}</div>
      )}
    </div>
  );
}
