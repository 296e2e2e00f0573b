import { Link } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { useKeys } from '../../app/keys.ts';
import { formatExact, formatMoney, formatWhen } from '../../data/format.ts';
import { type Job, useJob } from '../../data/jobs.ts';
import { Button } from '../../ui/button.tsx';
import { type Fact, Facts } from '../../ui/facts.tsx';
import { Note } from '../../ui/note.tsx';
import { Section } from '../../ui/section.tsx';
import { ErrorState, Loading, Stale } from '../../ui/states.tsx';
import { CancelJob } from './cancel-job.tsx';
import { JobState } from './job-state.tsx';
import { messages } from './messages.ts';

const { panel: words } = messages;

/** One job at the right of the list: its result, its input, and what it cost. Escape closes it. */
export function JobPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useJob(id);
  const { data: job } = query;
  const heading = useRef<HTMLHeadingElement>(null);
  const [cancels, setCancels] = useState(false);
  useKeys([{ key: 'Escape', does: words.keys.close, run: onClose }]);
  const arrive = useEffectEvent(() => heading.current?.focus());
  useEffect(() => arrive(), []);
  return (
    <aside
      aria-label={words.label}
      className="flex w-120 flex-none flex-col border-line border-l max-lg:w-110 max-sm:w-full max-sm:border-l-0"
    >
      <div className="flex flex-none items-center gap-2 border-line border-b px-4 py-1.5">
        <h2 ref={heading} tabIndex={-1} className="cut min-w-0 outline-none">
          <code className="text-13">{id}</code>
        </h2>
        <span className="ml-auto flex items-center gap-2">
          <Stale query={query} />
          {(job?.state === 'waiting' || job?.state === 'queued') && (
            <Button writes kind="danger" size="small" label={messages.list.cancel} onClick={() => setCancels(true)} />
          )}
          <Button kind="ghost" icon="close" iconOnly label={words.close} onClick={onClose} />
        </span>
      </div>
      <div className="min-h-0 flex-1 overflow-auto">
        {job === undefined && query.error !== null && (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        )}
        {job === undefined && query.error === null && <Loading rows={8} />}
        {job !== undefined && <Contents job={job} />}
      </div>
      {cancels && <CancelJob id={id} onClose={() => setCancels(false)} />}
    </aside>
  );
}

function Contents({ job }: { job: Job }) {
  const isOver = job.state === 'cancelled' || job.state === 'expired';
  return (
    <>
      <Section title={words.result}>
        <div className="px-4">
          {job.error !== null && (
            <Note kind={job.state === 'failed' ? 'bad' : 'warn'}>
              <code className="text-11">{job.error.code}</code>: {job.error.message}
            </Note>
          )}
          {job.error === null && <Fields values={job.result} none={isOver ? words.neverRan : words.noResult} />}
        </div>
      </Section>
      <Section title={words.input}>
        <div className="px-4">
          <Fields values={job.input} none={words.noInput} />
        </div>
      </Section>
      <Section title={words.details}>
        <div className="px-4">
          <Facts facts={factsOf(job)} />
        </div>
      </Section>
    </>
  );
}

function Fields({ values, none }: { values: { [field: string]: unknown } | null; none: string }) {
  if (values === null) return <p className="text-ink-2">{none}</p>;
  const facts = Object.entries(values).map(([field, value]): Fact => {
    const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
    return [field, <span key={field} className="whitespace-pre-wrap">{text}</span>]; // biome-ignore format: one line
  });
  return <Facts facts={facts} />;
}

function factsOf(job: Job): Fact[] {
  const { facts } = words;
  const time = (at: string) => <span title={formatExact(at)}>{formatWhen(at)}</span>;
  return [
    [facts.state, <JobState key="state" state={job.state} />],
    [facts.agent, job.agent],
    [facts.model, job.model],
    [facts.priority, job.priority],
    ...(job.cost_usd === null ? [] : ([[facts.cost, formatMoney(job.cost_usd, 4)]] as Fact[])),
    ...(job.saved_usd === null ? [] : ([[facts.saved, formatMoney(job.saved_usd, 4)]] as Fact[])),
    [facts.created, time(job.created_at)],
    ...(job.ended_at === null ? [] : ([[facts.ended, time(job.ended_at)]] as Fact[])),
    ...(job.not_before === null ? [] : ([[facts.notBefore, time(job.not_before)]] as Fact[])),
    ...(job.deadline === null ? [] : ([[facts.deadline, time(job.deadline)]] as Fact[])),
    ...(job.max_cost_usd === null ? [] : ([[facts.cap, formatMoney(job.max_cost_usd)]] as Fact[])),
    ...(job.callback_url === null ? [] : ([[facts.callback, job.callback_url]] as Fact[])),
    ...(job.batch_id === null || job.row === null
      ? []
      : ([
          [
            facts.row,
            <Link
              key="row"
              to="/batches/$id/rows/$row"
              params={{ id: job.batch_id, row: String(job.row) }}
              className="tabular-nums"
            >
              {facts.openRow(job.row)}
            </Link>,
          ],
        ] as Fact[])),
  ];
}
