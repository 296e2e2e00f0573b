/** Agents that people saved from a question. A version is never changed: the next save of the name adds another. */
export const SAVED_AGENTS = `
CREATE TABLE saved_agents (
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  definition TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;
`;
