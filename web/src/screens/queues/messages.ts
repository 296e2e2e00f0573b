/** Texts of the screen Queues. */
export const messages = {
  title: 'Queues',
  notYet: 'This screen is not built yet.',
} as const;
