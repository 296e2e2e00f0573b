import type { DatabaseSync } from 'node:sqlite';
import type { JsonObject } from '../../../protocol/messages.ts';
import type { SavedAgent } from '../../agents.ts';
import { prepare } from '../statement.ts';
import { type SavedAgentRow, SELECT_SAVED, toSavedAgent } from './saved-agent-record.ts';

/** Adds a version, unless the newest one has the same definition. */
export function prepareSaveAgent(
  db: DatabaseSync,
): (agent: { name: string; definition: JsonObject; at: number }) => SavedAgent {
  const newest = prepare<SavedAgentRow>(db, `${SELECT_SAVED} WHERE name = ? ORDER BY version DESC LIMIT 1`);
  const insert = prepare(db, 'INSERT INTO saved_agents (name, version, definition, created_at) VALUES (?, ?, ?, ?)');
  return ({ name, definition, at }) => {
    const text = JSON.stringify(definition);
    const before = newest.get(name);
    if (before?.definition === text) return toSavedAgent(before);
    const version = (before?.version ?? 0) + 1;
    insert.run(name, version, text, at);
    return { name, version, definition, createdAt: at };
  };
}
