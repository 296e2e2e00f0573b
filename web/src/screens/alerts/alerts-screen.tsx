import { useNavigate, useSearch } from '@tanstack/react-router';
import { Screen } from '../../app/screen.tsx';
import { useAlerts } from '../../data/alerts.ts';
import { Stale } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { AlertsTab } from './alerts-tab.tsx';
import { messages } from './messages.ts';
import { RulesTab } from './rules-tab.tsx';

/** What is wrong with the service, and the rules that say so. */
export function AlertsScreen() {
  const { tab = 'alerts', state = 'open' } = useSearch({ from: '/alerts' });
  const navigate = useNavigate({ from: '/alerts' });
  const query = useAlerts(state);
  return (
    <Screen title={messages.title} actions={<Stale query={query} />}>
      <Tabs
        label={messages.tabs.label}
        value={tab}
        onChange={(chosen) =>
          void navigate({ search: (old) => ({ ...old, tab: chosen === 'alerts' ? undefined : chosen }) })
        }
        tabs={[
          { value: 'alerts', label: messages.tabs.alerts, content: <AlertsTab state={state} /> },
          { value: 'rules', label: messages.tabs.rules, content: <RulesTab /> },
        ]}
      />
    </Screen>
  );
}
