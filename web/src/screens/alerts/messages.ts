/** Texts of the screen Alerts. */
export const messages = {
  title: 'Alerts',
  notYet: 'This screen is not built yet.',
} as const;
