import { formatMoney, formatRange } from '../data/format.ts';
import { shared } from '../messages/shared.ts';

interface MoneyBarProps {
  /** null: the price is unknown. */
  spent: number | null;
  /** What calls in flight may cost. */
  inFlight?: number;
  /** Where it will end, low to high. */
  end?: { low: number; high: number } | null;
  /** null: there is none. */
  cap: number | null;
}

/** Spent, in flight, where it will end, and the cap, on one axis. The same figures must stand beside it as text. */
export function MoneyBar({ spent, inFlight = 0, end = null, cap }: MoneyBarProps) {
  const most = cap ?? Math.max(end?.high ?? 0, (spent ?? 0) + inFlight) * 1.05;
  const at = (usd: number) => (most > 0 ? Math.min(100, (usd / most) * 100) : 0);
  const paid = at(spent ?? 0);
  const flying = Math.min(100 - paid, at(inFlight));
  const share = cap === null || cap === 0 ? 0 : (spent ?? 0) / cap;
  const fill = share >= 1 ? 'fill-bad' : share >= 0.9 ? 'fill-warn' : 'fill-bar';
  return (
    <svg className="block h-3.5 w-full overflow-visible" role="img" aria-label={barText({ spent, end, cap })}>
      <rect x="0" y="4" width="100%" height="6" rx="2" className="fill-bar-rest" />
      <rect x="0" y="4" width={`${paid}%`} height="6" rx="2" className={fill} />
      {flying > 0 && (
        <foreignObject x={`${paid}%`} y="4" width={`${flying}%`} height="6">
          <div className="hatch h-1.5" />
        </foreignObject>
      )}
      {end !== null && (
        <>
          <rect x={`${at(end.low)}%`} y="3" width="1.5" height="8" className="fill-ink" />
          <rect
            x={`${at(end.low)}%`}
            y="6.25"
            width={`${at(end.high) - at(end.low)}%`}
            height="1.5"
            className="fill-ink"
          />
          <rect x={`${at(end.high)}%`} y="3" width="1.5" height="8" className="fill-ink" />
        </>
      )}
      {cap !== null && <rect x="100%" y="0" width="2" height="14" className="-translate-x-0.5 fill-ink" />}
    </svg>
  );
}

function barText({ spent, end, cap }: Pick<MoneyBarProps, 'spent' | 'end' | 'cap'>): string {
  const parts = [`${shared.money.spent} ${formatMoney(spent)}`];
  if (end) parts.push(`${shared.money.endsAt} ${formatRange(end.low, end.high)}`);
  parts.push(cap === null ? shared.money.noCap : `${shared.money.cap} ${formatMoney(cap)}`);
  return parts.join(', ');
}
