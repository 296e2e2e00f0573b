/**
 * Conversations of clients that send the whole history with each message. `history` is the digest of the history that
 * such a client has; null in every other conversation. `history_count` is the number of stored messages that belong to
 * it; null while a turn is open. Adding the columns reads the table of conversations once; messages are in another one.
 */
export const HISTORIES = `
ALTER TABLE conversations ADD COLUMN history TEXT;
ALTER TABLE conversations ADD COLUMN history_count INTEGER;
CREATE INDEX conversations_history ON conversations (history) WHERE history IS NOT NULL;
`;
