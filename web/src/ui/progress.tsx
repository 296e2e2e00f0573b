import { formatCount } from '../data/format.ts';
import { shared } from '../messages/shared.ts';

interface ProgressProps {
  /** null while it is unknown. */
  total: number | null;
  succeeded: number;
  failed: number;
  running: number;
  /** Rows that wait at a provider: hatched. */
  atProvider?: number;
}

/** How many rows are done, failed and running. Write the count beside it. */
export function Progress({ total, succeeded, failed, running, atProvider = 0 }: ProgressProps) {
  const all = Math.max(1, total ?? succeeded + failed + running);
  const share = (count: number) => `${(count / all) * 100}%`;
  const text = [
    `${formatCount(succeeded)} ${shared.counts.succeeded}`,
    `${formatCount(failed)} ${shared.counts.failed}`,
    `${formatCount(running)} ${shared.counts.running}`,
    total === null ? shared.counts.totalUnknown : `${shared.counts.of} ${formatCount(total)}`,
  ].join(', ');
  return (
    <div role="img" aria-label={text} className="flex h-1.5 min-w-10 gap-px overflow-hidden rounded-[2px] bg-bar-rest">
      {succeeded > 0 && <i className="bg-bar" style={{ width: share(succeeded) }} />}
      {failed > 0 && <i className="min-w-[3px] flex-none bg-bad" style={{ width: share(failed) }} />}
      {running > atProvider && (
        <i className="min-w-[2px] flex-none bg-accent" style={{ width: share(running - atProvider) }} />
      )}
      {atProvider > 0 && <i className="hatch" style={{ width: share(atProvider) }} />}
    </div>
  );
}
