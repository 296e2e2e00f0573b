/** Texts of the screen Monitor. */
export const messages = {
  title: 'Monitor',
  notYet: 'This screen is not built yet.',
} as const;
