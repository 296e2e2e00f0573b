/** Carries out each request of a worker once, however often it arrives. */
export interface RequestMemory {
  /**
   * The result of a request: carried out now, or the earlier one. Undefined: the worker has its answer already.
   * @param floor all requests below it are answered, and the answers have arrived
   */
  once<T>(id: number, floor: number, carryOut: () => Promise<T>): { result: Promise<T>; isNew: boolean } | undefined;
}

/** The memory of one worker's requests. */
export function createRequestMemory(): RequestMemory {
  const known = new Map<number, Promise<unknown>>();
  let lowest = 0;
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
      return { result, isNew: true };
    },
  };
}
