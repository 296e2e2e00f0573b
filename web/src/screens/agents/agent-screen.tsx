import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Screen } from '../../app/screen.tsx';
import { agentQuery } from '../../data/agents.ts';
import type { Schemas } from '../../data/api.ts';
import { Icon } from '../../ui/icon.tsx';
import { ErrorState, Loading, Stale } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { AgentDefinition } from './agent-definition.tsx';
import { messages } from './messages.ts';
import { TryAgent } from './try-agent.tsx';

/** One agent: what it is, its versions, and one run of it. */
export function AgentScreen() {
  const { name } = useParams({ from: '/agents/$name' });
  const { version, tab = 'definition' } = useSearch({ from: '/agents/$name' });
  const navigate = useNavigate({ from: '/agents/$name' });
  const query = useQuery(agentQuery(version === undefined ? name : `${name}@${version}`));
  const { data: agent } = query;
  return (
    <Screen
      title={name}
      crumb={
        <>
          <Link to="/agents">{messages.title}</Link>
          <Icon name="right" className="size-3" />
        </>
      }
      beside={agent !== undefined && <span className="flex-none text-12 text-ink-3">{agent.version}</span>}
      actions={<Stale query={query} />}
    >
      {agent === undefined && query.error !== null && (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      )}
      {agent === undefined && query.error === null && <Loading rows={8} />}
      {agent !== undefined && (
        <Tabs
          label={messages.tabs.label}
          value={tab}
          onChange={(chosen) =>
            void navigate({ search: (old) => ({ ...old, tab: chosen === 'definition' ? undefined : chosen }) })
          }
          tabs={[
            { value: 'definition', label: messages.tabs.definition, content: <AgentDefinition agent={agent} /> },
            {
              value: 'versions',
              label: messages.tabs.versions,
              count: String(agent.versions.length),
              content: <Versions agent={agent} />,
            },
            {
              value: 'try',
              label: messages.tabs.try,
              content: <TryAgent key={`${agent.name}@${agent.version}`} agent={agent} />,
            },
          ]}
        />
      )}
    </Screen>
  );
}

function Versions({ agent }: { agent: Schemas['AgentDetails'] }) {
  return (
    <Table columns={[{ label: messages.version }]}>
      {agent.versions.map((version, index) => (
        <tr key={version} className="relative" aria-selected={version === agent.version}>
          <td>
            <Link
              to="/agents/$name"
              params={{ name: agent.name }}
              search={{ version }}
              className="font-medium text-ink after:absolute after:inset-0 hover:no-underline"
            >
              {version}
            </Link>
            {index === 0 && <span className="ml-2 text-12 text-ink-3">{messages.newest}</span>}
          </td>
        </tr>
      ))}
    </Table>
  );
}
