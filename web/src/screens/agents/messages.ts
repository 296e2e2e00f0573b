/** Texts of the screen Agents. */
export const messages = {
  title: 'Agents',
  notYet: 'This screen is not built yet.',
} as const;
