import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { api, bodyOf, type Schemas } from '../../data/api.ts';
import { useBatch } from '../../data/batches.ts';
import { formatExact, formatSecond, formatSeconds } from '../../data/format.ts';
import { hasEnded } from '../../data/live/messages.ts';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { FlowPicture } from './flow-picture.tsx';
import { messages } from './messages.ts';
import { StateDetail } from './state-detail.tsx';

const LIVE_MS = 2000;

/** The states of a batch as a picture: how often, how long, and where it is now; then every change. */
export function FlowScreen() {
  const { id } = useParams({ from: '/batches/$id/flow' });
  const search = useSearch({ from: '/batches/$id/flow' });
  const navigate = useNavigate({ from: '/batches/$id/flow' });
  const batch = useBatch(id).data;
  const flow = useQuery({
    queryKey: ['flow', id],
    queryFn: ({ signal }): Promise<Schemas['BatchFlow']> =>
      bodyOf(api.GET('/v1/batches/{id}/flow', { params: { path: { id }, query: {} as never }, signal })),
    refetchInterval: batch !== undefined && hasEnded(batch) ? false : LIVE_MS,
  });
  if (flow.data === undefined) {
    return flow.error === null ? (
      <Loading rows={8} />
    ) : (
      <ErrorState error={flow.error} onRetry={() => flow.refetch()} />
    );
  }
  const { states, changes } = flow.data;
  const chosen = states.find(({ state }) => state === search.state)?.state;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section tabIndex={0} aria-label={messages.flow} className="min-h-0 flex-1 overflow-auto">
      <FlowPicture
        flow={flow.data}
        {...{ batch, chosen }}
        onChoose={(state) => void navigate({ search: { state: chosen === state ? undefined : state } })}
      />
      {chosen !== undefined && <StateDetail state={chosen} changes={changes} now={batch} />}
      <Table
        label={messages.changes}
        columns={[
          { label: messages.at },
          { label: messages.state },
          { label: messages.rows },
          { label: messages.took, num: true },
        ]}
      >
        {changes.map(({ number, at, state, counts, seconds }) => (
          <tr key={number}>
            <td className="tabular-nums" title={formatExact(at)}>
              {formatSecond(at)}
            </td>
            <td>{messages.states[state]}</td>
            <td className="whitespace-normal! text-ink-2 tabular-nums">
              {counts !== null && messages.count(counts.succeeded, counts.failed)}
            </td>
            <td className="num">{seconds === null ? messages.now : formatSeconds(seconds)}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}
