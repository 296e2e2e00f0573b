import { useNavigate, useSearch } from '@tanstack/react-router';
import { Screen } from '../../app/screen.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { GeneralTab } from './general-tab.tsx';
import { KeysTab } from './keys-tab.tsx';
import { LimitsTab } from './limits-tab.tsx';
import { messages } from './messages.ts';
import { PricesTab } from './prices-tab.tsx';

/** The settings of this browser, and those of the server. */
export function SettingsScreen() {
  const { tab = 'general' } = useSearch({ from: '/settings' });
  const navigate = useNavigate({ from: '/settings' });
  return (
    <Screen title={messages.title}>
      <Tabs
        label={messages.tabs.label}
        value={tab}
        onChange={(chosen) =>
          void navigate({ search: (old) => ({ ...old, tab: chosen === 'general' ? undefined : chosen }) })
        }
        tabs={[
          { value: 'general', label: messages.tabs.general, content: <GeneralTab /> },
          { value: 'keys', label: messages.tabs.keys, content: <KeysTab /> },
          { value: 'limits', label: messages.tabs.limits, content: <LimitsTab /> },
          { value: 'prices', label: messages.tabs.prices, content: <PricesTab /> },
        ]}
      />
    </Screen>
  );
}
