import type { JsonObject } from '../../../protocol/messages.ts';
import type { SavedAgent } from '../../agents.ts';

/** The columns of a saved agent. */
export interface SavedAgentRow {
  name: string;
  version: number;
  definition: string;
  createdAt: number;
}

export const SELECT_SAVED = 'SELECT name, version, definition, created_at AS createdAt FROM saved_agents';

export function toSavedAgent({ definition, ...row }: SavedAgentRow): SavedAgent {
  return { ...row, definition: JSON.parse(definition) as JsonObject };
}
