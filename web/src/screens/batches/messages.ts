/** Texts of the screen Batches. */
export const messages = {
  title: 'Batches',
  notYet: 'This screen is not built yet.',
} as const;
