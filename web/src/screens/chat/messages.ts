/** Texts of the chat. */
export const messages = {
  title: 'Ask',
  notYet: 'The chat is not built yet.',
} as const;
