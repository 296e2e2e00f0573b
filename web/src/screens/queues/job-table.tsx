import { Link, useSearch } from '@tanstack/react-router';
import { formatExact, formatWhen } from '../../data/format.ts';
import type { Job } from '../../data/jobs.ts';
import { Button } from '../../ui/button.tsx';
import { moveFocus } from '../../ui/move-focus.ts';
import { Select } from '../../ui/select.tsx';
import { Table } from '../../ui/table.tsx';
import { JobState } from './job-state.tsx';
import { messages } from './messages.ts';

const { list: words } = messages;
const PRIORITIES = Array.from({ length: 10 }, (_, index) => String(10 - index));

interface JobTableProps {
  jobs: readonly Job[];
  onPriority: (id: string, priority: number) => void;
  onCancel: (id: string) => void;
}

/** One line for each job. Arrows move between them, Enter opens one. */
export function JobTable({ jobs, onPriority, onCancel }: JobTableProps) {
  const { job: open } = useSearch({ from: '/queues' });
  const { columns } = words;
  return (
    <Table
      label={words.title}
      onKeyDown={moveFocus}
      columns={[
        { label: columns.job, width: 'w-52 max-sm:w-auto' },
        { label: columns.input, width: 'max-sm:hidden', className: 'max-sm:hidden' },
        { label: columns.state, width: 'w-32' },
        { label: columns.priority, num: true, width: 'w-20' },
        { label: columns.agent, width: 'w-64 max-lg:hidden', className: 'pl-6! max-lg:hidden' },
        { label: columns.age, width: 'w-36 max-sm:hidden', className: 'max-sm:hidden' },
        { label: columns.action, quiet: true, width: 'w-14 max-sm:hidden', className: 'max-sm:hidden' },
      ]}
    >
      {jobs.map((job) => (
        <tr key={job.job_id} aria-selected={open === job.job_id}>
          <td>
            <Link
              from="/queues"
              to="/queues"
              search={(old) => ({ ...old, job: job.job_id })}
              data-line={job.job_id}
              className="text-ink"
            >
              <code className="text-12">{job.job_id}</code>
            </Link>
            <div className="cut text-12 text-ink-3 sm:hidden">{inputText(job)}</div>
          </td>
          <td className="text-ink-2 max-sm:hidden">{inputText(job)}</td>
          <td>
            <JobState state={job.state} />
          </td>
          <td className="num">
            {job.state === 'waiting' ? (
              <Select
                quiet
                label={words.priorityOf(job.job_id)}
                choices={PRIORITIES.map((value) => ({ value, label: value }))}
                value={String(job.priority)}
                onChange={(value) => onPriority(job.job_id, Number(value))}
              />
            ) : (
              <span className="text-ink-3">{job.priority}</span>
            )}
          </td>
          <td className="pl-6! text-ink-2 max-lg:hidden" title={`${job.agent} · ${job.model}`}>
            {job.agent}
          </td>
          <td className="text-ink-2 max-sm:hidden" title={formatExact(job.created_at)}>
            {formatWhen(job.created_at)}
          </td>
          <td className="text-right max-sm:hidden">
            {(job.state === 'waiting' || job.state === 'queued') && (
              <Button
                writes
                kind="ghost"
                size="small"
                icon="close"
                iconOnly
                label={words.cancelOf(job.job_id)}
                onClick={() => onCancel(job.job_id)}
              />
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** The values of a job's input in one line. */
function inputText({ input }: Job): string {
  return Object.values(input ?? {})
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(' · ')
    .slice(0, 200);
}
