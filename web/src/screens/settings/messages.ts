/** Texts of the settings. */
export const messages = {
  title: 'Settings',
  theme: { label: 'Theme of this browser', system: 'As the device', light: 'Light', dark: 'Dark' },
} as const;
