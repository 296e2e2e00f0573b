import { useState } from 'react';
import type { Schemas } from '../../data/api.ts';
import { formatExact, formatMoney, formatWhen } from '../../data/format.ts';
import { useKeys, useRevokeKey } from '../../data/keys.ts';
import { useSession } from '../../data/settings.ts';
import { shared } from '../../messages/shared.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyState, ErrorState, Loading } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Wide } from '../../ui/wide.tsx';
import { CreateKey } from './create-key.tsx';
import { messages } from './messages.ts';

const { keys: words } = messages;
type Key = Schemas['Key'];

/** The keys of clients: making, and revoking. */
export function KeysTab() {
  const { data: session } = useSession();
  const isAdmin = session?.scopes.includes('admin') ?? false;
  const query = useKeys(isAdmin);
  const [creating, setCreating] = useState<{ isFirst: boolean }>();
  const [revoking, setRevoking] = useState<Key>();
  const { data: keys } = query;
  const isFirst = keys?.every(({ revoked_at: revoked }) => revoked !== null) ?? false;
  const create = (
    <Button kind="primary" writes icon="plus" label={words.create} onClick={() => setCreating({ isFirst })} />
  );
  if (session !== undefined && !isAdmin) return <p className="p-4 text-ink-2">{words.needsAdmin}</p>;
  return (
    <>
      {keys === undefined && query.error !== null && (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      )}
      {keys === undefined && query.error === null && <Loading rows={5} />}
      {keys?.length === 0 && (
        <EmptyState title={words.none} action={create}>
          {words.noneText}
        </EmptyState>
      )}
      {keys !== undefined && keys.length > 0 && (
        <>
          <div className="flex items-center gap-4 px-4 py-3">
            <p className="text-ink-2">{words.intro}</p>
            <div className="ml-auto">{create}</div>
          </div>
          <KeyTable keys={keys} onRevoke={setRevoking} />
        </>
      )}
      {creating !== undefined && <CreateKey isFirst={creating.isFirst} onClose={() => setCreating(undefined)} />}
      {revoking !== undefined && <RevokeKey of={revoking} onClose={() => setRevoking(undefined)} />}
    </>
  );
}

function KeyTable({ keys, onRevoke }: { keys: readonly Key[]; onRevoke: (key: Key) => void }) {
  const { columns } = words;
  return (
    <Wide label={messages.tabs.keys}>
      <Table
        className="min-w-160"
        columns={[
          { label: columns.name },
          { label: columns.may },
          { label: columns.budget, num: true },
          { label: columns.used },
          { label: columns.created },
          { label: columns.action, quiet: true },
        ]}
      >
        {keys.map((key) => (
          <tr key={key.id}>
            <td>
              <span className="font-medium">{key.name}</span>
              {key.owner !== null && <span className="ml-2 text-12 text-ink-3">{key.owner}</span>}
            </td>
            <td>{key.scopes.at(-1)}</td>
            <td className="num">
              {key.budget_usd_per_day === null ? (
                <span className="text-ink-3">{words.noBudget}</span>
              ) : (
                formatMoney(key.budget_usd_per_day)
              )}
            </td>
            <td className="text-ink-2">
              {key.last_used_at === null
                ? key.origin === 'environment'
                  ? words.unknownUse
                  : words.never
                : formatWhen(key.last_used_at)}
            </td>
            <td className="text-ink-2">
              {key.created_at === null ? (
                words.environment
              ) : (
                <span title={formatExact(key.created_at)}>{formatWhen(key.created_at)}</span>
              )}
            </td>
            <td className="text-right">
              {key.revoked_at !== null && (
                <span className="text-12 text-ink-3">{words.revoked(formatWhen(key.revoked_at))}</span>
              )}
              {key.revoked_at === null && key.origin === 'stored' && (
                <Button size="small" kind="danger" writes label={words.revoke} onClick={() => onRevoke(key)} />
              )}
            </td>
          </tr>
        ))}
      </Table>
    </Wide>
  );
}

function RevokeKey({ of: key, onClose }: { of: Key; onClose: () => void }) {
  const revoke = useRevokeKey();
  return (
    <Dialog
      open
      onClose={onClose}
      title={words.revokeTitle(key.name)}
      description={words.revokeText}
      actions={
        <>
          <Button label={shared.cancel} onClick={onClose} />
          <Button
            kind="danger"
            writes
            label={words.revokeAction}
            disabled={revoke.isPending}
            onClick={() => revoke.mutate(key.id, { onSuccess: onClose })}
          />
        </>
      }
    >
      {revoke.error !== null && <ErrorState error={revoke.error} />}
    </Dialog>
  );
}
