import { useAlertRules } from '../../data/alerts.ts';
import { Section } from '../../ui/section.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { limitText } from './figures.ts';
import { messages } from './messages.ts';

const { rules: words } = messages;
const EXAMPLE = 'success-share=95,queue-age=off';

/** The rules with their limits, and where alerts are sent. */
export function RulesTab() {
  const query = useAlertRules();
  const { data } = query;
  if (data === undefined) {
    return query.error === null ? (
      <Loading rows={8} />
    ) : (
      <ErrorState error={query.error} onRetry={() => void query.refetch()} />
    );
  }
  return (
    <>
      <p className="px-4 py-3 text-ink-2">
        {words.intro} <code>{EXAMPLE}</code>
      </p>
      <Table
        className="[&_td]:py-1.5 [&_td]:align-top"
        columns={[
          { label: words.columns.rule },
          { label: words.columns.measures, className: 'w-full max-sm:hidden' },
          { label: words.columns.limit },
          { label: words.columns.standard, className: 'max-sm:hidden' },
        ]}
      >
        {data.rules.map((rule) => (
          <tr key={rule.rule}>
            <td className="font-medium max-sm:whitespace-normal!">
              {rule.rule}
              <div className="font-normal text-12 text-ink-3 sm:hidden">{rule.text}</div>
            </td>
            <td className="whitespace-normal! text-ink-2 max-sm:hidden">{rule.text}</td>
            <td className={`tabular-nums ${rule.limit === null ? 'text-ink-3' : ''}`}>{limitText(rule, rule.limit)}</td>
            <td className="text-ink-3 tabular-nums max-sm:hidden">{limitText(rule, rule.default_limit)}</td>
          </tr>
        ))}
      </Table>
      <Section title={words.sent}>
        <div className="grid gap-2 px-4 text-ink-2">
          {data.receivers.length === 0 ? words.nobody : words.sentText}
          {data.receivers.map((receiver) => (
            <code key={receiver} className="text-12 text-ink">
              {receiver}
            </code>
          ))}
        </div>
      </Section>
    </>
  );
}
