import { useRef, useState } from 'react';
import type { Schemas } from '../../data/api.ts';
import { formatCount, formatMoney, formatRange } from '../../data/format.ts';
import { ProblemError } from '../../data/problem-error.ts';
import { useProcessQueues } from '../../data/queues.ts';
import { shared } from '../../messages/shared.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, Input } from '../../ui/field.tsx';
import { Note } from '../../ui/note.tsx';
import { ErrorState } from '../../ui/states.tsx';
import { messages } from './messages.ts';
import { ProcessedList } from './processed-list.tsx';
import { type Prices, pricesOf } from './queue-prices.ts';

const { dialog: words } = messages;

interface ProcessDialogProps {
  agent: string | undefined;
  /** As they were when the dialog was opened: the price that is accepted stays the one that is shown. */
  queues: Schemas['Queue'][];
  onClose: () => void;
}

type Mode = 'auto' | 'realtime';

/** Says what processing costs, either way, and starts it once. */
export function ProcessDialog({ agent, queues, onClose }: ProcessDialogProps) {
  const [key] = useState(() => crypto.getRandomValues(new Uint32Array(4)).join('-'));
  const [mode, setMode] = useState<Mode>('auto');
  const [cap, setCap] = useState('');
  const process = useProcessQueues();
  // The second click of a double click comes before the button is drawn as disabled.
  const isSent = useRef(false);
  const ready = queues.filter(({ problem }) => problem === null);
  const blocked = queues.filter(({ problem }) => problem !== null);
  const waiting = ready.reduce((sum, queue) => sum + queue.waiting, 0);
  const jobs = messages.jobs(waiting, formatCount(waiting));
  const prices = pricesOf(ready);
  const most = mode === 'auto' ? prices.autoMost : (prices.standard?.high ?? null);
  const capUsd = /^\d+([.,]\d+)?$/.test(cap.trim()) ? Number(cap.trim().replace(',', '.')) : undefined;
  const isBadCap = cap.trim() !== '' && !(capUsd !== undefined && capUsd > 0);
  const limit = capUsd === undefined ? most : Math.min(capUsd, most ?? capUsd);
  const canStart = waiting > 0 && !isBadCap && (most !== null || capUsd !== undefined);
  const start = () => {
    if (isSent.current) return;
    isSent.current = true;
    const body = {
      mode,
      ...(most !== null && { accepted_usd: most }),
      ...(capUsd !== undefined && { max_cost_usd: capUsd }),
    };
    process.mutate(
      { agent, body, key },
      {
        onError: () => {
          isSent.current = false;
        },
      },
    );
  };
  if (process.data !== undefined) return <ProcessedList processed={process.data} onClose={onClose} />;
  const label = limit === null ? words.startUnpriced(jobs) : words.start(jobs, formatMoney(limit));
  return (
    <Dialog
      open
      onClose={onClose}
      title={words.title(jobs, agent)}
      actions={
        <>
          <Button label={shared.cancel} onClick={onClose} />
          <Button
            kind="primary"
            writes
            label={label}
            busy={process.isPending && words.starting}
            disabled={!canStart}
            onClick={start}
          />
        </>
      }
    >
      <div className="grid gap-4 pt-1">
        {ready.length > 1 && (
          <ul className="text-12 text-ink-2">
            {ready.map(({ agent: name, version, model, waiting: own }) => (
              <li key={`${name}@${version} ${model}`} className="flex gap-2">
                <span className="cut">{`${name}@${version} · ${model}`}</span>
                <span className="ml-auto flex-none tabular-nums">{messages.jobs(own, formatCount(own))}</span>
              </li>
            ))}
          </ul>
        )}
        <Ways prices={prices} mode={mode} onMode={setMode} />
        {most === null && <Note kind="warn">{words.capUnknown}</Note>}
        <Field
          label={words.cap}
          note={most === null ? words.capNeeded : words.capOptional}
          hint={words.capHint}
          error={isBadCap ? words.capFault : undefined}
        >
          <Input inputMode="decimal" value={cap} onChange={({ target }) => setCap(target.value)} />
        </Field>
        {blocked.length > 0 && (
          <Note kind="bad">
            {words.blocked(blocked.length)}
            {blocked.map(({ agent: name, version, problem }) => (
              <div key={`${name}@${version}`}>{`${name}@${version}: ${problem?.message}`}</div>
            ))}
          </Note>
        )}
        {process.error !== null && (
          <ErrorState
            error={process.error}
            kept={isCertain(process.error) ? words.kept : words.maybe}
            onRetry={start}
          />
        )}
      </div>
    </Dialog>
  );
}

/** Whether the server has refused; without an answer, or while it still works on it, jobs may have started. */
function isCertain(error: Error): boolean {
  return error instanceof ProblemError && error.status !== 0 && error.code !== 'idempotency_key_busy';
}

function Ways({ prices, mode, onMode }: { prices: Prices; mode: Mode; onMode: (mode: Mode) => void }) {
  const ways: { mode: Mode; title: string; note: string; range: { low: number; high: number } | null }[] = [
    ...(prices.hasBatch
      ? [
          {
            mode: 'auto' as const,
            title: words.auto,
            note: prices.isMixed ? words.autoMixed : words.autoNote,
            range: prices.auto,
          },
        ]
      : []),
    {
      mode: prices.hasBatch ? 'realtime' : 'auto',
      title: words.realtime,
      note: words.realtimeNote,
      range: prices.standard,
    },
  ];
  return (
    <fieldset className="grid gap-px border-line border-y">
      <legend className="sr-only">{words.ways}</legend>
      {ways.map((way) => (
        <label key={way.mode} className="touch flex items-baseline gap-2 border-line py-2 not-last:border-b">
          <input
            type="radio"
            name="way"
            checked={mode === way.mode}
            onChange={() => onMode(way.mode)}
            className="translate-y-0.5 accent-accent"
          />
          <span className="min-w-0 grow">
            <span className="font-medium">{way.title}</span>
            <span className="block text-12 text-ink-3">{way.note}</span>
          </span>
          <span className="font-semibold tabular-nums">
            {way.range === null ? shared.unknown : formatRange(way.range.low, way.range.high)}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
