/** Texts of the screen Batch. */
export const messages = {
  title: 'Batch',
  notYet: 'This screen is not built yet.',
} as const;
