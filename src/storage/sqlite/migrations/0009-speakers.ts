/**
 * `conversations.speaker` is who began a conversation: the id of a key's caller, or `local`; null in older ones. Adding
 * the column reads the table once, because it is STRICT; the messages are in another table.
 */
export const SPEAKERS = `
ALTER TABLE conversations ADD COLUMN speaker TEXT;
`;
