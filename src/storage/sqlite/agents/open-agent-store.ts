import type { DatabaseSync } from 'node:sqlite';
import type { AgentStore } from '../../agents.ts';
import type { StoreAccess } from '../store-access.ts';
import { prepareListSavedAgents } from './list-saved-agents.ts';
import { prepareRemoveAgent } from './remove-agent.ts';
import { prepareSaveAgent } from './save-agent.ts';

/** The part of the store that holds saved agents. */
export function openAgentStore(db: DatabaseSync, { read, write }: StoreAccess): AgentStore {
  const saveAgent = prepareSaveAgent(db);
  const removeAgent = prepareRemoveAgent(db);
  const listSavedAgents = prepareListSavedAgents(db);
  return {
    saveAgent: (agent) => write(() => saveAgent(agent)),
    removeAgent: (name, version) => write(() => removeAgent(name, version)),
    listSavedAgents: () => read(() => listSavedAgents()),
  };
}
