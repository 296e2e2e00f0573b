import type { DatabaseSync } from 'node:sqlite';
import { prepare } from '../statement.ts';

/** Removes all versions of a name, or one. */
export function prepareRemoveAgent(db: DatabaseSync): (name: string, version?: number) => number {
  const all = prepare(db, 'DELETE FROM saved_agents WHERE name = ?');
  const one = prepare(db, 'DELETE FROM saved_agents WHERE name = ? AND version = ?');
  return (name, version) => (version === undefined ? all.run(name) : one.run(name, version));
}
