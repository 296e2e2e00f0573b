import type { Schemas } from '../../../data/api.ts';
import { Icon } from '../../../ui/icon.tsx';
import { Note } from '../../../ui/note.tsx';
import { ErrorState, Loading } from '../../../ui/states.tsx';
import { Tabs } from '../../../ui/tabs.tsx';
import { messages } from '../messages.ts';
import { useRowSource, useRowTrace } from '../use-rows.ts';
import { BigText } from './big-text.tsx';
import { isAbout, refusedAnswer } from './refused-answer.ts';
import { RowTraceView } from './row-trace.tsx';

/** A view of one row. */
export type RowTab = 'trace' | 'payload' | 'row' | 'prompt';

interface RowTabsProps {
  id: string;
  row: number;
  isLive: boolean;
  tab: RowTab;
  onTab: (tab: RowTab) => void;
}

/** What happened to a row, its answer, its cells, and what the model was sent. */
export function RowTabs({ id, row, isLive, tab, onTab }: RowTabsProps) {
  const query = useRowTrace(id, row, isLive);
  const trace = query.data;
  if (trace === undefined) {
    return query.error === null ? (
      <Loading rows={6} />
    ) : (
      <ErrorState error={query.error} onRetry={() => query.refetch()} />
    );
  }
  const last = trace.attempts.at(-1);
  const firstCall = last?.entries.find((entry) => entry['kind'] === 'model');
  const name = `row-${row}`;
  return (
    <Tabs
      label={messages.panel(row)}
      value={tab}
      onChange={onTab}
      tabs={[
        { value: 'trace', label: messages.tabs.trace, content: <RowTraceView trace={trace} /> },
        {
          value: 'payload',
          label: messages.tabs.payload,
          content: <Payload trace={trace} none={messages.noAnswer} name={`${name}-answer`} />,
        },
        {
          value: 'row',
          label: messages.tabs.row,
          content: <Source id={id} row={row} name={`${name}-source`} />,
        },
        {
          value: 'prompt',
          label: messages.tabs.prompt,
          content: (
            <div className="p-4">
              {firstCall === undefined ? (
                <p className="text-ink-2">{messages.noCalls}</p>
              ) : (
                <BigText text={promptText(firstCall['request'])} name={`${name}-prompt`} />
              )}
            </div>
          ),
        },
      ]}
    />
  );
}

/** The cells of the row by their columns. */
function Source({ id, row, name }: { id: string; row: number; name: string }) {
  const { data, error, refetch } = useRowSource(id, row);
  if (data !== undefined) return <Values value={data} none={messages.empty} name={name} />;
  return error === null ? <Loading rows={4} /> : <ErrorState error={error} onRetry={() => refetch()} />;
}

/** The answer with a mark at each field: it fits the schema, or it is the last one that was refused. */
function Payload({ trace, none, name }: { trace: Schemas['RowTrace']; none: string; name: string }) {
  const { output } = trace.row as { output?: { structured?: unknown } | null };
  if (output != null) return <Values value={output.structured} {...{ none, name }} markOf={() => 'valid'} />;
  const refused = refusedAnswer(trace);
  if (refused === undefined) return <p className="p-4 text-ink-2">{none}</p>;
  return (
    <>
      <div className="px-4 pt-4">
        <Note kind="bad">
          {messages.refusedAnswer} {refused.fault}
        </Note>
      </div>
      <Values
        value={refused.answer}
        {...{ none, name }}
        markOf={(field) => (isAbout(refused.fault, field) ? 'invalid' : 'valid')}
      />
    </>
  );
}

interface ValuesProps {
  value: unknown;
  none: string;
  name: string;
  markOf?: (field: string) => 'valid' | 'invalid';
}

/** An object as a list of its fields. */
function Values({ value, none, name, markOf }: ValuesProps) {
  const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (fields.length === 0) return <p className="p-4 text-ink-2">{none}</p>;
  return (
    <dl className="grid grid-cols-[minmax(96px,30%)_1fr] gap-x-3 gap-y-2 p-4">
      {fields.map(([field, one]) => (
        <div key={field} className="contents">
          <dt className="flex min-w-0 items-baseline gap-1.5 text-ink-2" title={field}>
            {markOf !== undefined && <Mark mark={markOf(field)} />}
            <code className="cut">{field}</code>
          </dt>
          <dd className="min-w-0">
            {one === null || one === '' ? (
              <span className="text-ink-3">{one === null ? messages.null : messages.empty}</span>
            ) : (
              <BigText text={typeof one === 'string' ? one : JSON.stringify(one, null, 2)} name={`${name}-${field}`} />
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Mark({ mark }: { mark: 'valid' | 'invalid' }) {
  return (
    <span
      role="img"
      aria-label={messages[mark]}
      title={messages[mark]}
      className={mark === 'valid' ? 'text-ok' : 'text-bad'}
    >
      <Icon name={mark === 'valid' ? 'check' : 'close'} className="size-3" />
    </span>
  );
}

function promptText(request: unknown): string {
  if (!Array.isArray(request)) return JSON.stringify(request, null, 2);
  return request
    .map((message: { content?: unknown }) =>
      typeof message.content === 'string' ? message.content : JSON.stringify(message.content, null, 2),
    )
    .join('\n\n');
}
