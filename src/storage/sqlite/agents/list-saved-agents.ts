import type { DatabaseSync } from 'node:sqlite';
import type { SavedAgent } from '../../agents.ts';
import { prepare } from '../statement.ts';
import { type SavedAgentRow, SELECT_SAVED, toSavedAgent } from './saved-agent-record.ts';

/** Every version of every saved agent, by name, the newest first. */
export function prepareListSavedAgents(db: DatabaseSync): () => SavedAgent[] {
  const select = prepare<SavedAgentRow>(db, `${SELECT_SAVED} ORDER BY name, version DESC`);
  return () => select.all().map(toSavedAgent);
}
