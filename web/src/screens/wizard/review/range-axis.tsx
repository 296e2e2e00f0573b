import { formatShort } from '../../../data/format.ts';

interface RangeAxisProps {
  range: { low: number; expected: number; high: number };
  /** The end of the axis. */
  most: number;
  cap: number | null;
  isChosen: boolean;
}

/** A range of money on an axis from nothing to `most`, with the cap dashed. Its figures stand beside it as text. */
export function RangeAxis({ range, most, cap, isChosen }: RangeAxisProps) {
  const at = (usd: number) => `${most > 0 ? Math.min(100, (usd / most) * 100) : 0}%`;
  const width = `${most > 0 ? Math.max(0.5, ((range.high - range.low) / most) * 100) : 0}%`;
  return (
    <div className="mt-2" aria-hidden="true">
      <svg aria-hidden="true" className="block h-4 w-full overflow-visible">
        <line x1="0" x2="100%" y1="8" y2="8" className="stroke-line-2" />
        <rect
          x={at(range.low)}
          y="4"
          width={width}
          height="8"
          rx="2"
          className={isChosen ? 'fill-bg stroke-accent' : 'fill-bar-rest stroke-line-field'}
        />
        <rect x={at(range.expected)} y="3" width="3" height="10" className={isChosen ? 'fill-accent' : 'fill-ink'} />
        {cap !== null && (
          <line x1={at(cap)} x2={at(cap)} y1="-4" y2="16" strokeDasharray="3 2" className="stroke-bad" />
        )}
      </svg>
      <div className="flex justify-between text-11 text-ink-3 tabular-nums">
        <span>$0</span>
        <span>{formatShort(most)}</span>
      </div>
    </div>
  );
}
