import { useQueryClient } from '@tanstack/react-query';
import { chooseTheme, type Theme, theme } from '../../app/theme.ts';
import { api, type Schemas } from '../../data/api.ts';
import { formatMoney } from '../../data/format.ts';
import { useSession, useSettings } from '../../data/settings.ts';
import { useStore } from '../../data/store.ts';
import { Button } from '../../ui/button.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Field } from '../../ui/field.tsx';
import { Section } from '../../ui/section.tsx';
import { Select } from '../../ui/select.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { StatusMark } from '../../ui/status-mark.tsx';
import { Table } from '../../ui/table.tsx';
import { Wide } from '../../ui/wide.tsx';
import { messages } from './messages.ts';

const THEMES: { value: Theme; label: string }[] = [
  { value: 'system', label: messages.theme.system },
  { value: 'light', label: messages.theme.light },
  { value: 'dark', label: messages.theme.dark },
];
/** The caller of a server without keys. */
const LOCAL = 'local';

/** This browser, who is signed in, and what the server is. */
export function GeneralTab() {
  const chosen = useStore(theme);
  const settings = useSettings();
  const { data } = settings;
  return (
    <>
      <div className="max-w-72 px-4 pt-4">
        <Field label={messages.theme.label}>
          <Select label={messages.theme.label} choices={THEMES} value={chosen} onChange={chooseTheme} />
        </Field>
      </div>
      <You />
      {data === undefined && settings.error !== null && (
        <ErrorState error={settings.error} onRetry={() => void settings.refetch()} />
      )}
      {data === undefined && settings.error === null && <Loading rows={8} />}
      {data !== undefined && (
        <>
          <Section title={messages.server.title}>
            <div className="px-4">
              <Facts
                facts={[
                  [messages.server.version, data.version],
                  [messages.server.mode, messages.server.modes[data.default_mode]],
                  [messages.server.sources, data.agent_sources.join(', ')],
                  [
                    messages.server.api,
                    <a key="api" href="/openapi.json" target="_blank" rel="noreferrer">
                      {messages.server.apiNote}
                    </a>,
                  ],
                ]}
              />
            </div>
          </Section>
          <Providers providers={data.providers} />
        </>
      )}
    </>
  );
}

function You() {
  const { data: session } = useSession();
  const client = useQueryClient();
  if (session === undefined) return <Loading rows={3} />;
  if (session.id === LOCAL) {
    return (
      <Section title={messages.you.title}>
        <p className="px-4 text-ink-2">{messages.you.local}</p>
      </Section>
    );
  }
  const signOut = async () => {
    await api.DELETE('/v1/session', {});
    await client.invalidateQueries();
  };
  return (
    <Section
      title={messages.you.title}
      actions={<Button label={messages.you.signOut} onClick={() => void signOut()} />}
    >
      <div className="px-4">
        <Facts
          facts={[
            [messages.you.name, session.name],
            [messages.you.scopes, session.scopes.map((scope) => messages.you.scope[scope]).join(', ')],
            [
              messages.you.budget,
              session.budget_usd_per_day === null ? messages.you.noBudget : formatMoney(session.budget_usd_per_day),
            ],
          ]}
        />
      </div>
    </Section>
  );
}

function Providers({ providers }: { providers: Schemas['Settings']['providers'] }) {
  return (
    <Section title={messages.providers.title}>
      <Wide label={messages.providers.title}>
        <Table
          className="min-w-150"
          columns={[
            { label: messages.providers.name },
            { label: messages.providers.state },
            { label: messages.providers.model },
            { label: messages.providers.batch },
          ]}
        >
          {providers.map((provider) => (
            <tr key={provider.name}>
              <td className="font-medium">{provider.name}</td>
              <td>
                <span className="flex items-center gap-2">
                  <StatusMark
                    status={provider.configured ? 'succeeded' : 'cancelled'}
                    word={provider.configured ? messages.providers.ready : messages.providers.missing}
                  />
                  {provider.missing !== null && (
                    <span className="text-12 text-ink-3">
                      {messages.providers.set} <code>{provider.missing}</code>
                    </span>
                  )}
                </span>
              </td>
              <td className={provider.default_model === null ? 'text-ink-3' : ''}>
                {provider.default_model ?? messages.providers.none}
              </td>
              <td className={provider.batch_api ? '' : 'text-ink-3'}>
                {provider.batch_api ? messages.providers.yes : messages.providers.no}
              </td>
            </tr>
          ))}
        </Table>
      </Wide>
    </Section>
  );
}
