/** Texts of the screen New batch. */
export const messages = {
  title: 'New batch',
  notYet: 'This screen is not built yet.',
} as const;
