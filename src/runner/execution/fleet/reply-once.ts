/** Carries out each request of a worker once, however often it arrives. */
export interface RequestMemory {
  /**
   * The result of a request: carried out now, or the earlier one. Undefined: the worker has its answer already, or gets it
   * when the request is carried out, which it is now.
   * @param floor all requests below it are answered, and the answers have arrived
   */
  once<T>(id: number, floor: number, carryOut: () => Promise<T>): Promise<T> | undefined;
  /**
   * Resolves when these requests are carried out, those that have not arrived yet included. Rejects with the fault of
   * one that was refused. Requests below the floor are answered: the worker does not name them.
   */
  after(ids: readonly number[]): Promise<void>;
}

interface Known {
  result: Promise<unknown>;
  isCarriedOut: boolean;
}

/** The memory of one worker's requests. */
export function createRequestMemory(): RequestMemory {
  const known = new Map<number, Known>();
  const awaited = new Map<number, PromiseWithResolvers<unknown>>();
  let lowest = 0;
  const carriedOut = (id: number): Promise<unknown> => {
    const earlier = known.get(id);
    if (earlier !== undefined) return earlier.result;
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
      const earlier = known.get(id);
      if (earlier !== undefined) return earlier.isCarriedOut ? (earlier.result as Promise<T>) : undefined;
      const result = carryOut();
      const request: Known = { result, isCarriedOut: false };
      const end = () => {
        request.isCarriedOut = true;
      };
      result.then(end, end);
      known.set(id, request);
      awaited.get(id)?.resolve(result);
      awaited.delete(id);
      return result;
    },
    async after(ids) {
      for (const id of ids) if (id >= lowest) await carriedOut(id);
    },
  };
}
