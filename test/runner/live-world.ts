import { createMemoryRecords, type MemoryCollection } from '../support/memory-records.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

/** A {@link World} with collections in memory beside its files. */
export interface LiveWorld extends World {
  collection(name: string): MemoryCollection;
}

/** Starts one whose source is `memory://queries`; results go to `memory://results` unless a test says otherwise. */
export async function startLiveWorld(options: WorldOptions = {}): Promise<LiveWorld> {
  const { kind, collection } = createMemoryRecords();
  const world = await startWorld({ ...options, locations: [kind] });
  const uris = { csv_uri: 'memory://queries', output_uri: 'memory://results' };
  return {
    ...world,
    collection,
    request: (batch, overrides) => world.request(batch, { ...uris, ...overrides }),
    start: (batch, overrides) => world.start(batch, { ...uris, ...overrides }),
  };
}
