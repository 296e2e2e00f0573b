import type { JsonObject } from '../protocol/messages.ts';

/** One version of an agent that a person saved. */
export interface SavedAgent {
  name: string;
  /** From 1. */
  version: number;
  /** The definition without its name and version. */
  definition: JsonObject;
  createdAt: number;
}

/** Agents that people saved beside the registry's. The contract of `storage/store.ts` holds for every call. */
export interface AgentStore {
  /** Saves a definition as the next version of its name. The definition of the newest version adds no version. */
  saveAgent(agent: { name: string; definition: JsonObject; at: number }): Promise<SavedAgent>;
  /** Removes a saved agent, or one version of it; resolves to how many versions were removed. */
  removeAgent(name: string, version?: number): Promise<number>;
  /** Every version of every saved agent. */
  listSavedAgents(): Promise<SavedAgent[]>;
}
