import { createRequire } from 'node:module';
import { onFirstUse } from './on-first-use.ts';

const load = createRequire(import.meta.url);

/**
 * A package of which only some runs need the functions; loaded when they are first called. A program that starts in a
 * fifth of a second can't load everything that it might need. Also a module of Node: `import()` would ask it for each of
 * its exports, and `node:http` would load the whole global `fetch` for its WebSocket.
 * @param name of the package, as in an import
 */
export function loadLater<Package>(name: string): () => Package {
  return onFirstUse(() => load(name) as Package);
}
