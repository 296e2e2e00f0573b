import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useRef } from 'react';
import { useKeys } from '../../app/keys.ts';
import { Screen } from '../../app/screen.tsx';
import { useAgents } from '../../data/agents.ts';
import type { Schemas } from '../../data/api.ts';
import { buttonClass } from '../../ui/button.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { EmptyState, ErrorState, Loading, Stale } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { messages } from './messages.ts';

type Agent = Schemas['Agent'];

/** The agents, one line for each name. */
export function AgentsScreen() {
  const { q } = useSearch({ from: '/agents' });
  const navigate = useNavigate({ from: '/agents' });
  const field = useRef<HTMLInputElement>(null);
  const query = useAgents();
  useKeys([{ key: '/', does: messages.find, run: () => field.current?.focus() }]);
  const names = namesOf(query.data ?? []);
  const shown = names.filter(({ newest }) => q === undefined || fits(newest, q));
  return (
    <Screen
      title={messages.title}
      actions={
        <>
          <Stale query={query} />
          <SearchField
            ref={field}
            label={messages.findLabel}
            placeholder={messages.find}
            text={q}
            onText={(text) => void navigate({ search: (old) => ({ ...old, q: text }), replace: true })}
          />
        </>
      }
    >
      <div className="min-h-0 flex-1 overflow-auto">
        {query.data === undefined && query.error !== null && (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        )}
        {query.data === undefined && query.error === null && <Loading rows={4} rowHeight={48} />}
        {query.data !== undefined && shown.length === 0 && <NoAgents isFiltered={names.length > 0} />}
        {shown.length > 0 && <AgentTable names={shown} />}
      </div>
    </Screen>
  );
}

interface Name {
  newest: Agent;
  count: number;
}

function AgentTable({ names }: { names: readonly Name[] }) {
  const { columns } = messages;
  return (
    <Table
      columns={[
        { label: columns.agent, width: '' },
        { label: columns.model, width: 'w-64 max-sm:hidden', className: 'max-sm:hidden' },
        { label: columns.versions, width: 'w-28' },
        { label: columns.batches, width: 'w-44 max-lg:hidden', className: 'max-lg:hidden' },
        { label: columns.source, width: 'w-80 max-lg:hidden', className: 'max-lg:hidden' },
      ]}
    >
      {names.map(({ newest, count }) => (
        <tr key={newest.name} className="relative [&>td]:h-12 [&>td]:pt-1.25! [&>td]:align-top">
          <td>
            <Link
              to="/agents/$name"
              params={{ name: newest.name }}
              className="cut block font-medium text-ink after:absolute after:inset-0 hover:no-underline"
            >
              {newest.name}
            </Link>
            <div className="cut text-12 text-ink-3">{newest.description}</div>
          </td>
          <td className="max-sm:hidden">{newest.model}</td>
          <td>
            {newest.version}
            <div className="text-12 text-ink-3">{messages.versions(count)}</div>
          </td>
          <td className="text-ink-2 max-lg:hidden">{newest.runs_in_batches ? messages.fields : messages.talks}</td>
          <td className="text-12 text-ink-3 max-lg:hidden" title={newest.source}>
            {newest.source}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function NoAgents({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <EmptyState
        title={messages.none}
        action={
          <Link to="/agents" className={buttonClass({ size: 'large' })}>
            {messages.all}
          </Link>
        }
      />
    );
  }
  return (
    <EmptyState
      title={messages.empty.title}
      action={
        <Link to="/new" className={buttonClass({ kind: 'primary', size: 'large' })}>
          {messages.empty.action}
        </Link>
      }
    >
      {messages.empty.text}
    </EmptyState>
  );
}

function namesOf(agents: readonly Agent[]): Name[] {
  const names = new Map<string, Name>();
  for (const agent of agents) {
    const known = names.get(agent.name);
    if (known === undefined) names.set(agent.name, { newest: agent, count: 1 });
    else known.count += 1;
  }
  return [...names.values()];
}

function fits({ name, description, model }: Agent, text: string): boolean {
  return `${name} ${description} ${model}`.toLowerCase().includes(text.toLowerCase());
}
