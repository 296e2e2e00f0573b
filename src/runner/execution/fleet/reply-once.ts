/** Carries out each request of a worker once, however often it arrives. */
export interface RequestMemory {
  /**
   * The result of a request: carried out now, or the earlier one. Undefined: the worker has its answer already.
   * @param floor all requests below it are answered, and the answers have arrived
   */
  once<T>(id: number, floor: number, carryOut: () => Promise<T>): { result: Promise<T>; isNew: boolean } | undefined;
  /**
   * Resolves when these requests are carried out, those that have not arrived yet included. Rejects with the fault of
   * one that was refused. Requests below the floor are answered: the worker does not name them.
   */
  after(ids: readonly number[]): Promise<void>;
}

/** The memory of one worker's requests. */
export function createRequestMemory(): RequestMemory {
  const known = new Map<number, Promise<unknown>>();
  const awaited = new Map<number, PromiseWithResolvers<unknown>>();
  let lowest = 0;
  const carriedOut = (id: number): Promise<unknown> => {
    const earlier = known.get(id);
    if (earlier !== undefined) return earlier;
    const arrival = awaited.get(id) ?? Promise.withResolvers<unknown>();
    awaited.set(id, arrival);
    return arrival.promise;
  };
  return {
    once<T>(id: number, floor: number, carryOut: () => Promise<T>) {
      if (id < lowest) return undefined;
      if (floor > lowest) {
        lowest = floor;
        for (const old of known.keys()) if (old < floor) known.delete(old);
      }
      const earlier = known.get(id) as Promise<T> | undefined;
      if (earlier !== undefined) return { result: earlier, isNew: false };
      const result = carryOut();
      known.set(id, result);
      awaited.get(id)?.resolve(result);
      awaited.delete(id);
      return { result, isNew: true };
    },
    async after(ids) {
      for (const id of ids) if (id >= lowest) await carriedOut(id);
    },
  };
}
