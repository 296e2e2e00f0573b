import { Link, useNavigate } from '@tanstack/react-router';
import { useAlertAct, useAlerts } from '../../data/alerts.ts';
import { useSession } from '../../data/settings.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Chip, Chips } from '../../ui/chip.tsx';
import { EmptyState, ErrorState, Loading } from '../../ui/states.tsx';
import { AlertTable } from './alert-table.tsx';
import { messages } from './messages.ts';

/** The alerts that are open, or those that are over. */
export function AlertsTab({ state }: { state: 'open' | 'resolved' }) {
  const navigate = useNavigate({ from: '/alerts' });
  const query = useAlerts(state);
  const open = useAlerts('open');
  const act = useAlertAct();
  const { data: session } = useSession();
  const mayAct = session?.scopes.includes('run');
  const alerts = query.isPlaceholderData ? undefined : query.data;
  const show = (chosen: 'open' | 'resolved') =>
    void navigate({ search: (old) => ({ ...old, state: chosen === 'open' ? undefined : chosen }) });
  return (
    <>
      <div className="flex min-h-11 items-center border-line border-b px-4 py-2">
        <Chips label={messages.states.label}>
          <Chip pressed={state === 'open'} count={open.data?.length} onPress={() => show('open')}>
            {messages.states.open}
          </Chip>
          <Chip pressed={state === 'resolved'} onPress={() => show('resolved')}>
            {messages.states.resolved}
          </Chip>
        </Chips>
      </div>
      {act.error !== null && <ErrorState error={act.error} kept={messages.kept} />}
      {alerts === undefined && query.error !== null && (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      )}
      {alerts === undefined && query.error === null && <Loading rows={4} rowHeight={64} />}
      {alerts?.length === 0 && state === 'open' && (
        <EmptyState
          title={messages.empty.title}
          action={
            <Link to="/alerts" search={{ tab: 'rules' }} className={buttonClass({ size: 'large' })}>
              {messages.empty.action}
            </Link>
          }
        >
          {messages.empty.text}
        </EmptyState>
      )}
      {alerts?.length === 0 && state === 'resolved' && <p className="p-4 text-ink-3">{messages.noneResolved}</p>}
      {alerts !== undefined && alerts.length > 0 && (
        <>
          <AlertTable
            alerts={alerts}
            isBusy={act.isPending}
            {...(mayAct === true && { onAct: (id, what) => act.mutate({ id, act: what }) })}
          />
          {state === 'open' && (
            <p className="px-4 py-3 text-12 text-ink-3">
              {mayAct === false ? messages.needsRun : messages.resolveNote}
            </p>
          )}
        </>
      )}
    </>
  );
}
