import { formatBytes, formatMoney } from '../../data/format.ts';
import { useSettings } from '../../data/settings.ts';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { messages } from './messages.ts';

const { limits: words } = messages;

/** What requests may do and cost, with the variable that sets it. */
export function LimitsTab() {
  const settings = useSettings();
  const { data } = settings;
  if (data === undefined) {
    return settings.error === null ? (
      <Loading rows={8} />
    ) : (
      <ErrorState error={settings.error} onRetry={() => void settings.refetch()} />
    );
  }
  const { limits } = data;
  const named = (hosts: readonly string[], none: string) => (hosts.length === 0 ? none : hosts.join(', '));
  const lines: [string, string, string][] = [
    [
      words.day,
      limits.max_usd_per_day === null ? words.none : formatMoney(limits.max_usd_per_day),
      'ROWMILL_MAX_USD_PER_DAY',
    ],
    [words.confirm, formatMoney(limits.confirm_above_usd), 'ROWMILL_CONFIRM_ABOVE_USD'],
    [words.upload, formatBytes(limits.upload_max_bytes), 'ROWMILL_UPLOAD_MAX_GB'],
    [words.uploads, formatBytes(limits.uploads_total_bytes), 'ROWMILL_UPLOADS_TOTAL_GB'],
    [words.keep, words.days(limits.uploads_keep_days), 'ROWMILL_UPLOADS_KEEP_DAYS'],
    [words.decoded, formatBytes(limits.max_decoded_bytes), 'ROWMILL_MAX_DECODED_GB'],
    [words.callbacks, named(data.callback_hosts, words.nobody), 'ROWMILL_WEBHOOK_HOSTS'],
    [words.http, named(data.http_sources, words.nowhere), 'ROWMILL_HTTP_SOURCES'],
  ];
  return (
    <>
      <p className="px-4 py-3 text-ink-2">{words.intro}</p>
      <Table
        columns={[
          { label: words.limit },
          { label: words.value },
          { label: words.variable, className: 'max-sm:hidden' },
        ]}
      >
        {lines.map(([limit, value, variable]) => (
          <tr key={variable}>
            <td className="max-sm:whitespace-normal!">{limit}</td>
            <td className="font-medium tabular-nums">{value}</td>
            <td className="text-ink-3 max-sm:hidden">
              <code>{variable}</code>
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
}
