import { useNavigate } from '@tanstack/react-router';
import { useAgents } from '../../data/agents.ts';
import { Chip, Chips } from '../../ui/chip.tsx';
import { Select } from '../../ui/select.tsx';
import { type Status, StatusMark } from '../../ui/status-mark.tsx';
import { messages } from './messages.ts';

/** What the address says of the list. */
export interface BatchesSearch {
  state?: 'running' | 'needs-you' | 'completed' | 'failed' | 'cancelled' | undefined;
  agent?: string | undefined;
  q?: string | undefined;
  sort?: '-created' | 'created' | undefined;
}

const MARKS = {
  running: 'running',
  'needs-you': 'needs-you',
  completed: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
} as const satisfies { [state in NonNullable<BatchesSearch['state']>]: Status };
const STATES = Object.keys(MARKS) as (keyof typeof MARKS)[];
const ANY = '';

/** Filters and order of the list; each click is a step that Back undoes. */
export function FilterBar({ search }: { search: BatchesSearch }) {
  const navigate = useNavigate({ from: '/batches' });
  const { data: agents = [] } = useAgents();
  const set = (change: BatchesSearch) => void navigate({ search: (old) => ({ ...old, ...change }) });
  const names = [
    ...new Set([...agents.map(({ name }) => name), ...(search.agent === undefined ? [] : [search.agent])]),
  ];
  return (
    <div className="flex min-h-11 flex-none flex-wrap items-center gap-2 border-line border-b px-4 py-2">
      <Chips label={messages.states.label}>
        <Chip pressed={search.state === undefined} onPress={() => set({ state: undefined })}>
          {messages.states.all}
        </Chip>
        {STATES.map((state) => (
          <Chip
            key={state}
            pressed={search.state === state}
            onPress={() => set({ state: search.state === state ? undefined : state })}
          >
            <StatusMark status={MARKS[state]} word={messages.states[state]} plain />
          </Chip>
        ))}
      </Chips>
      <div className="ml-auto flex gap-1 max-sm:ml-0">
        <Select
          quiet
          label={messages.agent.label}
          choices={[{ value: ANY, label: messages.agent.any }, ...names.map((name) => ({ value: name, label: name }))]}
          value={search.agent ?? ANY}
          onChange={(agent) => set({ agent: agent === ANY ? undefined : agent })}
        />
        <Select
          quiet
          label={messages.sort.label}
          choices={(['-created', 'created'] as const).map((value) => ({ value, label: messages.sort[value] }))}
          value={search.sort ?? '-created'}
          onChange={(sort) => set({ sort: sort === '-created' ? undefined : sort })}
        />
      </div>
    </div>
  );
}
