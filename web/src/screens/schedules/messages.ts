/** Texts of the screen Schedules. */
export const messages = {
  title: 'Schedules',
  notYet: 'This screen is not built yet.',
} as const;
