import { Screen } from '../../app/screen.tsx';
import { chooseTheme, type Theme, theme } from '../../app/theme.ts';
import { useStore } from '../../data/store.ts';
import { Field } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import { messages } from './messages.ts';

const THEMES: { value: Theme; label: string }[] = [
  { value: 'system', label: messages.theme.system },
  { value: 'light', label: messages.theme.light },
  { value: 'dark', label: messages.theme.dark },
];

/** The settings of this browser, and those of the server. */
export function SettingsScreen() {
  const chosen = useStore(theme);
  return (
    <Screen title={messages.title}>
      <div className="grid max-w-80 gap-4 p-4">
        <Field label={messages.theme.label}>
          <Select label={messages.theme.label} choices={THEMES} value={chosen} onChange={chooseTheme} />
        </Field>
      </div>
    </Screen>
  );
}
