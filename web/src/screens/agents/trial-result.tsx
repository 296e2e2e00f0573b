import type { Schemas } from '../../data/api.ts';
import { formatMoney } from '../../data/format.ts';
import { Facts } from '../../ui/facts.tsx';
import { Note } from '../../ui/note.tsx';
import { StatusMark } from '../../ui/status-mark.tsx';
import { messages } from './messages.ts';

const { trial: words } = messages;

/** How one run ended, what it answered and what it cost. */
export function TrialResult({ result }: { result: Schemas['TriedRun'] }) {
  const { status, output, text, error, cost_usd: cost, stand_in: standIn } = result;
  return (
    <section aria-label={words.answer} aria-live="polite" className="grid gap-3 border-line border-t pt-4">
      <div className="flex items-center gap-3">
        <h2>{words.answer}</h2>
        <StatusMark status={status} />
        <span className="ml-auto text-12 text-ink-2 tabular-nums">{words.cost(formatMoney(cost, 4))}</span>
      </div>
      {standIn !== null && <Note>{words.standIn(standIn)}</Note>}
      {error !== null && (
        <Note kind="bad">
          {error.message} <code className="text-11">{error.code}</code>
        </Note>
      )}
      {output !== null && (
        <Facts
          facts={Object.entries(output).map(([name, value]) => [name, <Value key={name} value={value} />] as const)}
        />
      )}
      {text !== null && <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{text}</p>}
    </section>
  );
}

function Value({ value }: { value: unknown }) {
  if (value === null) return <span className="text-ink-3">null</span>;
  if (typeof value === 'object') return <code>{JSON.stringify(value)}</code>;
  return <span className="whitespace-pre-wrap">{String(value)}</span>;
}
