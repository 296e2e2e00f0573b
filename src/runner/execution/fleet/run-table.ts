import type { RemoteRun } from './remote-run.ts';

/** The runs of a batch that are not finished. */
export interface RunTable {
  add(run: RemoteRun): void;
  get(id: string): RemoteRun | undefined;
  delete(run: RemoteRun): void;
  all(): RemoteRun[];
  heldBy(worker: string): RemoteRun[];
}

/** Starts empty. */
export function createRunTable(): RunTable {
  const runs = new Map<string, RemoteRun>();
  const all = () => [...runs.values()];
  return {
    add: (run) => void runs.set(run.task.run, run),
    get: (id) => runs.get(id),
    delete: (run) => void runs.delete(run.task.run),
    all,
    heldBy: (worker) => all().filter(({ holder }) => holder === worker),
  };
}
