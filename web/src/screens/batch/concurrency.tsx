import { useEffect, useState } from 'react';
import type { BatchReport } from '../../data/batches.ts';
import { Button } from '../../ui/button.tsx';
import { LaterDialog } from '../../ui/later-dialog.tsx';
import { ErrorState } from '../../ui/states.tsx';
import { messages } from './messages.ts';
import { useTuning } from './use-tuning.ts';

/** Presses within this time are one change. */
const SETTLE_MS = 400;
const MOST = 1000;

/** How many rows run at once, up and down while the batch runs. */
export function Concurrency({ batch }: { batch: BatchReport }) {
  const now = batch.options.concurrency;
  const [wanted, setWanted] = useState<number>();
  const change = useTuning(batch, () => setWanted(undefined));
  const { mutate } = change;
  useEffect(() => {
    if (wanted === undefined || wanted === now) return;
    const timer = setTimeout(() => mutate({ concurrency: wanted }), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [wanted, now, mutate]);
  const value = wanted ?? now;
  const step = value < 10 ? 1 : value < 100 ? 5 : 20;
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would need a form */}
      <span role="group" aria-label={messages.concurrency} title={messages.concurrency} className="flex items-center">
        <Button
          writes
          kind="ghost"
          label={messages.fewer}
          disabled={value <= 1}
          onClick={() => setWanted(Math.max(1, value - step))}
        >
          −
        </Button>
        <output className="min-w-8 text-center tabular-nums">{value}</output>
        <Button
          writes
          kind="ghost"
          label={messages.more}
          disabled={value >= MOST}
          onClick={() => setWanted(Math.min(MOST, value + step))}
        >
          +
        </Button>
      </span>
      <LaterDialog open={change.error !== null} onClose={() => change.reset()} title={messages.kept}>
        {change.error !== null && <ErrorState error={change.error} />}
      </LaterDialog>
    </>
  );
}
